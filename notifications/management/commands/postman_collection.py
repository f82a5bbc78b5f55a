"""``manage.py postman_collection``: the REST API for Postman."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications.management.postman import collection

DEFAULT = "docs/postman_collection.json"


class Command(BaseCommand):
    help = "Writes the Postman collection of the REST API, made from its OpenAPI document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, default=DEFAULT, metavar="FILE", help=f"(default: {DEFAULT})")
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is not current")

    def handle(self, *args: Any, **options: Any) -> None:
        from notifications.api.schema import get_document

        file = Path(options["output"])
        text = json.dumps(collection(get_document()), indent=2, ensure_ascii=False) + "\n"
        try:
            if not options["check"]:
                file.write_text(text, encoding="utf-8")
                self.stdout.write(f"Wrote {file}.")
            elif not file.exists() or file.read_text(encoding="utf-8") != text:
                raise CommandError(f"{file} is not current: run manage.py postman_collection.")
        except OSError as problem:
            raise CommandError(f"{file}: {problem.strerror}.") from None
