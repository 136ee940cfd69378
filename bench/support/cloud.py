"""AWS as far as sending needs it, in a process of its own: DynamoDB, SES v2, and what was called.

`python -m bench.cloud PORT READERS CAP LATENCY SIZE` holds that many subscribers and an issue
that is due; SES takes CAP recipients a second (0: all), each call after LATENCY seconds.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from typing import Any

from bench.support.newsstand import ISSUE, Newsstand
from chalicelib.aws.expressions import encode

Row = dict[str, Any]

PAGE = 3000
"""Items of a page; DynamoDB's holds a megabyte."""

_TERM = re.compile(
    r"attribute_not_exists\((?P<absent>[\w#]+)\)|(?P<name>[\w#]+) (?P<sign>=|<=|<|>=) (?P<value>:\w+)"
)


class Tables:
    """Rows by key, under the conditions and changes that the adapter writes."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        self.audience: dict[str, list[Row]] = {}

    def get(self, key: Row) -> Row | None:
        return self.rows.get(key["pk"]["S"], {}).get(key["sk"]["S"])

    def put(self, row: Row) -> None:
        self.rows.setdefault(row["pk"]["S"], {})[row["sk"]["S"]] = row

    def fits(self, asked: Row, row: Row | None) -> bool:
        text = asked.get("ConditionExpression", "")
        row = row or {}
        return not text or all(
            any(self._term(asked, term, row) for term in part.split(" OR "))
            for part in text.replace("(attribute", "attribute").split(" AND ")
        )

    def change(self, asked: Row) -> tuple[Row, Row]:
        """Return the row before and after."""
        key = asked["Key"]
        before = self.get(key) or {}
        after = {**key, **before}
        names, values = asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
        for clause in re.split(r" (?=REMOVE |ADD |SET )", asked["UpdateExpression"]):
            verb, _, rest = clause.partition(" ")
            for part in rest.split(", "):
                left, *value = re.split(r" = | ", part)
                name = names[left]
                if verb == "SET":
                    after[name] = values[value[0]]
                elif verb == "REMOVE":
                    after.pop(name, None)
                else:
                    after[name] = _added(after.get(name), values[value[0]])
        self.put(after)
        return before, after

    def _term(self, asked: Row, text: str, row: Row) -> bool:
        names = asked.get("ExpressionAttributeNames", {})
        found = _TERM.search(text)
        assert found, text
        if found["absent"]:
            return names.get(found["absent"], found["absent"]) not in row
        held = row.get(names.get(found["name"], found["name"]))
        value = asked["ExpressionAttributeValues"][found["value"]]
        if held is None or found["sign"] == "=":
            return bool(held == value)
        one, other = (int(v["N"]) for v in (held, value))
        return {"<": one < other, "<=": one <= other, ">=": one >= other}[found["sign"]]


def _added(held: Any, value: Any) -> Any:
    if "NS" in value:
        return {"NS": sorted({*(held or {"NS": []})["NS"], *value["NS"]})}
    return {"N": str(int((held or {"N": "0"})["N"]) + int(value["N"]))}


class Cloud:
    def __init__(self, readers: int, cap: float, latency: float, size: int) -> None:
        self.tables = Tables()
        self.calls: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.letters: Counter[str] = Counter()
        self.throttled = 0
        self.first = self.last = 0.0
        self.cap = cap
        self.latency = latency
        self._level, self._filled = cap, time.monotonic()
        stand = Newsstand(readers, size=size)
        for rows in stand.store.rows_of.values():
            for row in rows.values():
                self.tables.put({k: encode(v) for k, v in row.items() if v is not None})
        for key, listed in stand.store.in_audience.items():
            self.tables.audience[key] = [
                {k: encode(v) for k, v in row.items() if v is not None} for row in listed
            ]

    async def answer(self, path: str, target: str, body: bytes) -> tuple[int, Row]:
        asked = json.loads(body) if body else {}
        if target:
            name = target.partition(".")[2]
            self.calls[name] += 1
            return self.dynamo(name, asked)
        if path == "/stats":
            return 200, self.stats()
        if path.endswith("/account"):
            self.calls["GetAccount"] += 1
            rate = self.cap or 1e9
            quota = {"Max24HourSend": -1.0, "MaxSendRate": rate, "SentLast24Hours": 0.0}
            return 200, {"SendingEnabled": True, "SendQuota": quota}
        if self.latency:
            await asyncio.sleep(self.latency)
        if path.endswith("/outbound-bulk-emails"):
            self.calls["SendBulkEmail"] += 1
            return 200, self.bulk(asked)
        self.calls["SendEmail"] += 1
        if not self._room():
            return 429, {"__type": "TooManyRequestsException", "message": "Rate exceeded"}
        self.letters[asked["Destination"]["ToAddresses"][0]] += 1
        return 200, {"MessageId": f"l{self.letters.total()}"}

    def bulk(self, asked: Row) -> Row:
        results = []
        for entry in asked["BulkEmailEntries"]:
            if not self._room():
                self.throttled += 1
                results.append({"Status": "ACCOUNT_THROTTLED"})
                continue
            json.loads(
                entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
            )
            self.accepted[entry["Destination"]["ToAddresses"][0]] += 1
            results.append({"Status": "SUCCESS", "MessageId": f"{self.accepted.total():060d}"})
        self.last = time.monotonic()
        self.first = self.first or self.last
        return {"BulkEmailEntryResults": results}

    def _room(self) -> bool:
        """Tell whether SES has room for one more this second."""
        if not self.cap:
            return True
        now = time.monotonic()
        self._level = min(self.cap, self._level + (now - self._filled) * self.cap)
        self._filled = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def dynamo(self, name: str, asked: Row) -> tuple[int, Row]:
        if name == "TransactWriteItems":
            return self._transaction(asked["TransactItems"])
        if name == "GetItem":
            row = self.tables.get(asked["Key"])
            return 200, {"Item": row} if row else {}
        if name == "BatchGetItem":
            ((table, keys),) = asked["RequestItems"].items()
            wanted = set(keys.get("ExpressionAttributeNames", {}).values())
            rows = [
                {name: value for name, value in row.items() if not wanted or name in wanted}
                for key in keys["Keys"]
                if (row := self.tables.get(key))
            ]
            return 200, {"Responses": {table: rows}, "UnprocessedKeys": {}}
        if name == "Query":
            return 200, self._query(asked)
        return self._write(name, asked)

    def _write(self, name: str, asked: Row) -> tuple[int, Row]:
        row = self.tables.get(asked.get("Key") or asked["Item"])
        if not self.tables.fits(asked, row):
            kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            return 400, {"__type": kind, "Item": row or {}}
        if name == "PutItem":
            self.tables.put(asked["Item"])
            return 200, {}
        before, after = self.tables.change(asked)
        wanted = asked.get("ReturnValues", "")
        return 200, {"Attributes": before if wanted == "UPDATED_OLD" else after} if wanted else {}

    def _transaction(self, items: list[Row]) -> tuple[int, Row]:
        asked = [next(iter(item.values())) for item in items]
        fits = [self.tables.fits(a, self.tables.get(a.get("Key") or a["Item"])) for a in asked]
        if not all(fits):
            reasons = [{"Code": "None" if ok else "ConditionalCheckFailed"} for ok in fits]
            kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
            return 400, {"__type": kind, "CancellationReasons": reasons}
        for item, one in zip(items, asked, strict=True):
            if "Put" in item:
                self.tables.put(one["Item"])
            elif "Update" in item:
                self.tables.change(one)
        return 200, {}

    def _query(self, asked: Row) -> Row:
        values = asked["ExpressionAttributeValues"]
        if asked.get("IndexName") == "audience":
            rows = self.tables.audience.get(values[":key"]["S"], [])
            start = asked.get("ExclusiveStartKey", {}).get("pk", {"S": ""})["S"]
            later = [row for row in rows if row["pk"]["S"] > start] if start else rows
            if len(later) <= PAGE:
                return {"Items": later}
            return {"Items": later[:PAGE], "LastEvaluatedKey": {"pk": later[PAGE - 1]["pk"]}}
        rows_of = self.tables.rows.get(values[":pk"]["S"], {})
        prefix = values.get(":sk", {"S": ""})["S"]
        return {"Items": [rows_of[sk] for sk in sorted(rows_of) if sk.startswith(prefix)]}

    def stats(self) -> Row:
        shards = self.tables.rows[f"ISSUE#{ISSUE}"]
        return {
            "calls": dict(self.calls),
            "people": len(self.accepted),
            "accepted": self.accepted.total(),
            "letters": self.letters.total(),
            "throttled": self.throttled,
            "seconds": self.last - self.first,
            "shards": sum(sk.startswith("SHARD#") for sk in shards),
            "cpu": time.process_time(),
        }


async def answered(cloud: Cloud, path: str, target: str, body: bytes) -> tuple[int, Row]:
    """Return an answer in any case: a stub that lacks something says what, and closes no connection."""
    try:
        return await cloud.answer(path, target, body)
    except Exception as lacking:
        return 400, {"__type": "StubLacks", "message": f"{target or path}: {lacking!r}"}


async def serve(port: int, cloud: Cloud) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                headers = {}
                while (found := (await reader.readline()).strip()) != b"":
                    name, _, value = found.decode().partition(":")
                    headers[name.lower()] = value.strip()
                if headers.get("expect"):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, told = await answered(cloud, path, headers.get("x-amz-target", ""), body)
                kind = f"x-amzn-errortype: {told['__type']}\r\n" if status >= 400 else ""
                content = json.dumps(told).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{kind}"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=2**22)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    where, number, most, takes, large = sys.argv[1:6]
    asyncio.run(serve(int(where), Cloud(int(number), float(most), float(takes), int(large))))
