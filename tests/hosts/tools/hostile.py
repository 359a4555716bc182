"""
title: Hostile
description: Tools that return texts as if they were pages, and one page that is meant to be shown.
"""

from fastapi.responses import HTMLResponse

FORMS: list[str] = []
"""Set by the test that installs the file."""


class Tools:
    """The tools that the host offers to the model."""

    async def return_hostile(self) -> list:
        """Return every form in every place of a result."""
        hits = [{"title": form, "url": form, "snippet": form} for form in FORMS]
        titles = [{"title": form, "url": f"https://x.test/{number}"} for number, form in enumerate(FORMS)]
        return [FORMS, [{"page": form} for form in FORMS], hits, titles]

    async def return_one(self, number: int) -> str:
        """
        Return one form as the whole result.

        :param number: which one
        """
        return FORMS[number]

    async def show_page(self) -> HTMLResponse:
        """Show a page with a script."""
        page = "<p id='made'>before</p><script>document.getElementById('made').textContent = 'page works'</script>"
        return HTMLResponse(page, headers={"Content-Disposition": "inline"})
