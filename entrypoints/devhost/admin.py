"""Administer a host over HTTP: functions, their valves, accounts, and who may use a model."""

from collections.abc import Iterable, Mapping

from entrypoints.devhost.client import Account, HostClient, HostRefused, Json

EVERYBODY = {"principal_type": "user", "principal_id": "*", "permission": "read"}


class HostAdmin(HostClient):
    """A client signed in as an administrator; every method raises HostRefused if the host returns an error status."""

    async def install_function(self, function_id: str, source: str, *, name: str | None = None) -> None:
        """Create the function, or save `source` over the existing one, and switch it on."""
        form = _function_form(function_id, source, name)
        if await self.function(function_id) is None:
            await self.request("POST", "/api/v1/functions/create", form)
        else:
            await self.request("POST", f"/api/v1/functions/id/{function_id}/update", form)
        await self.set_active(function_id, active=True)

    async def update_function(self, function_id: str, source: str, *, name: str | None = None) -> None:
        """Save new source over an existing function, as the editor does."""
        form = _function_form(function_id, source, name)
        await self.request("POST", f"/api/v1/functions/id/{function_id}/update", form)

    async def function(self, function_id: str) -> Json:
        """Return the stored function (`content`, `meta`, `is_active` …), or None."""
        rows = await self.request("GET", "/api/v1/functions/")
        if not any(row["id"] == function_id for row in rows):
            return None
        return await self.request("GET", f"/api/v1/functions/id/{function_id}")

    async def set_active(self, function_id: str, *, active: bool) -> None:
        """Switch a function on or off, if it is not so already."""
        row = await self.request("GET", f"/api/v1/functions/id/{function_id}")
        if bool(row["is_active"]) is not active:
            await self.request("POST", f"/api/v1/functions/id/{function_id}/toggle")

    async def delete_function(self, function_id: str) -> None:
        """Delete a function."""
        await self.request("DELETE", f"/api/v1/functions/id/{function_id}/delete")

    async def valves(self, function_id: str) -> dict[str, Json]:
        """Return the stored valves: all fields on 0.6, else those that were saved."""
        return dict(await self.request("GET", f"/api/v1/functions/id/{function_id}/valves") or {})

    async def set_valves(self, function_id: str, values: Mapping[str, Json]) -> None:
        """Store exactly `values`: all other valves return to their defaults."""
        await self.request("POST", f"/api/v1/functions/id/{function_id}/valves/update", dict(values))

    async def change_valves(self, function_id: str, values: Mapping[str, Json]) -> None:
        """Store `values` and keep all other stored valves, as saving the form does."""
        await self.set_valves(function_id, {**await self.valves(function_id), **values})

    async def user_valves(self, function_id: str) -> dict[str, Json]:
        """Return this person's own valves of a function."""
        return dict(await self.request("GET", f"/api/v1/functions/id/{function_id}/valves/user") or {})

    async def add_user(self, *, name: str, email: str, password: str, role: str = "user") -> Account:
        """Create an account for another person and return it, signed in."""
        form = {"name": name, "email": email, "password": password, "role": role}
        answer = await self.request("POST", "/api/v1/auths/add", form)
        return Account(id=str(answer["id"]), email=email, role=role, token=str(answer["token"]))

    async def publish_models(self, model_ids: Iterable[str]) -> None:
        """Give everybody access to these models, with a row for each as the model editor saves it."""
        names = {str(model["id"]): str(model["name"]) for model in await self.models()}
        for model_id in model_ids:
            row = self._public_row(model_id, names[model_id])
            if await self._model_row(model_id) is None:
                await self.request("POST", "/api/v1/models/create", row)
            else:
                await self._open_row(row)

    async def _model_row(self, model_id: str) -> Json:
        try:
            return await self.request("GET", "/api/v1/models/model", query={"id": model_id})
        except HostRefused as error:
            if error.status in (401, 404):
                return None
            raise

    def _public_row(self, model_id: str, name: str) -> dict[str, Json]:
        access = {"access_grants": [EVERYBODY]} if self.at_least("0.8") else {"access_control": None}
        meta: dict[str, Json] = {"capabilities": {}}  # the editor always writes them; 0.7 cannot chat without
        return {"id": model_id, "base_model_id": None, "name": name, "meta": meta, "params": {}, **access}

    async def _open_row(self, row: dict[str, Json]) -> None:
        if self.at_least("0.8"):
            grants = {"id": row["id"], "name": row["name"], "access_grants": [EVERYBODY]}
            await self.request("POST", "/api/v1/models/model/access/update", grants)
        else:
            stored = await self._model_row(row["id"])
            form = {**stored, "access_control": None}
            await self.request("POST", "/api/v1/models/model/update", form, query={"id": row["id"]})


def _function_form(function_id: str, source: str, name: str | None) -> dict[str, Json]:
    meta = {"description": "answers through OpenRouter", "manifest": {}}
    return {"id": function_id, "name": name or function_id, "content": source, "meta": meta}
