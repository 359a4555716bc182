"""
title: Hostile
description: Tools that return texts as if they were pages, and one page that is meant to be shown.
"""

from fastapi.responses import HTMLResponse


class Tools:
    """The tools that the host offers to the model."""

    async def return_hostile(self, form: str) -> list:
        """
        Return a text in every place of a result.

        :param form: the text
        """
        return [
            form,
            {"page": form},
            {"title": form, "url": form, "snippet": form},
            {"title": form, "url": "https://x.test/"},
        ]

    async def return_whole(self, form: str) -> str:
        """
        Return a text as the whole result.

        :param form: the text
        """
        return form

    async def show_page(self) -> HTMLResponse:
        """Show a page with a script."""
        page = "<p id='made'>before</p><script>document.getElementById('made').textContent = 'page works'</script>"
        return HTMLResponse(page, headers={"Content-Disposition": "inline"})
