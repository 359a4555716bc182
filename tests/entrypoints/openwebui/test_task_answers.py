"""Empty answers for background tasks, in the form the host can read."""

import json

import pytest

from entrypoints.openwebui.task_answers import neutral_answer

TASKS = {
    "title_generation": {"title": "Chat"},
    "tags_generation": {"tags": ["General"]},
    "follow_up_generation": {"follow_ups": []},
    "query_generation": {"queries": []},
    "image_prompt_generation": {"prompt": ""},
    "autocomplete_generation": {"text": ""},
}


@pytest.mark.parametrize(("task", "answer"), TASKS.items(), ids=TASKS)
def test_neutral_answer_is_empty_for_the_host(task, answer):
    assert json.loads(neutral_answer(task)) == answer


def test_a_title_may_be_empty_so_that_the_host_takes_the_first_message():
    assert json.loads(neutral_answer("title_generation", titled=False)) == {"title": ""}
    assert neutral_answer("tags_generation", titled=False) == neutral_answer("tags_generation")


def test_unknown_task_has_no_neutral_answer():
    assert neutral_answer("something_new") == ""
