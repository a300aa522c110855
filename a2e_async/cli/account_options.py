"""The commands about the account and what the service offers: balance, voices, avatars, upload, workflows."""

from __future__ import annotations

import click

from a2e_async.cli.command import Command, Flag, Options
from a2e_async.cli.options import (
    WorkflowName,
    argument,
    common_options,
    json_option,
    limit_option,
    option,
)

__all__ = ["avatars", "balance", "upload", "voices", "workflows"]


def balance() -> click.Command:
    """Make ``a2e balance``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import account
        from a2e_async.cli.service import run_with_client

        return run_with_client(account.balance, options)

    return Command(
        "balance",
        callback,
        help="Print how many coins the account has.",
        params=common_options(),
        examples=("balance", "balance --json"),
    )


def voices() -> click.Command:
    """Make ``a2e voices``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import account
        from a2e_async.cli.service import run_with_client

        return run_with_client(account.voices, options)

    params = [
        option("--language", metavar="CODE", help="such as en, es or ja; --languages lists them"),
        option("--region", metavar="CODE", help="such as US or MX"),
        Flag(["--languages"], help="list the languages and regions instead"),
        Flag(["--own"], help="list the voices that were cloned from your recordings"),
        *common_options(),
    ]
    return Command(
        "voices",
        callback,
        help="List voices: the id that speech takes, name and kind. Without options they are those of "
        "American English.",
        params=params,
        examples=(
            "voices",
            "voices --languages",
            "voices --language es --region MX",
            "voices --own --json",
        ),
    )


def avatars() -> click.Command:
    """Make ``a2e avatars``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import account
        from a2e_async.cli.service import run_with_client

        return run_with_client(account.avatars, options)

    return Command(
        "avatars",
        callback,
        help="List avatars, your own and those of the service: id, kind and name.",
        params=[
            Flag(["--own"], help="list only your own"),
            limit_option(),
            *common_options(),
        ],
        examples=("avatars", "avatars --own", "avatars --limit 100 --json"),
    )


def upload() -> click.Command:
    """Make ``a2e upload``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import commands
        from a2e_async.cli.service import run_with_client

        return run_with_client(commands.upload, options)

    return Command(
        "upload",
        callback,
        help="Upload files, and print URL and file of each, separated by a tab. The same content is uploaded "
        "once. The service keeps uploads for three days, and charges for each. Commands that take a file "
        "upload it by themselves.",
        params=[argument("files", "FILE...", file=True, nargs=-1, required=True), *common_options()],
        examples=("upload cat.png dog.png", "upload *.png --json"),
    )


def workflows() -> click.Command:
    """Make ``a2e workflows``."""

    def callback(options: Options) -> int:
        from a2e_async.cli import commands

        if options.schema is not None:
            return commands.show_schema(options)
        return commands.show_workflows(options)

    schema = option("--schema", metavar="NAME", help="print what this workflow takes, as JSON Schema")
    schema.type = WorkflowName()
    return Command(
        "workflows",
        callback,
        help="List the workflows that a2e run can start, and what each makes.",
        params=[schema, json_option()],
        examples=("workflows", "workflows --schema image_to_video", "run image_to_video --help"),
    )
