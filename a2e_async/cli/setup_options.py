"""The commands that set up and examine a machine: init, doctor, listen, sandbox and completion."""

from __future__ import annotations

import os
from functools import partial

import click

from a2e_async.cli.command import Command, Flag, Options
from a2e_async.cli.options import common_options, json_option, number, option, whole

__all__ = ["completion", "doctor", "init", "listen", "sandbox"]

_SHELLS = ("bash", "zsh", "fish")


def init() -> click.Command:
    """Make ``a2e init``."""

    def callback(options: Options) -> int:
        from a2e_async.cli.init import init as command

        return command(options)

    return Command(
        "init",
        callback,
        help="Save the API token in a file that only you can read, so that no variable has to be set. It is "
        "asked for, or read from stdin; it is never printed. A2E_API_TOKEN, where it is set, comes first.\n\n"
        "The token is checked with a free call, unless --no-check is given.",
        params=[
            Flag(["--check/--no-check"], default=True, help="ask the service whether the token works"),
            *common_options(sandbox=False),
        ],
        examples=("init", "init < token.txt"),
    )


def doctor() -> click.Command:
    """Make ``a2e doctor``."""

    def callback(options: Options) -> int:
        # It loads much that other commands do not need.
        from a2e_async.cli import doctor as command
        from a2e_async.cli.service import run_async, service

        with service(options) as place:
            show = partial(
                command.show,
                token=place.token,
                base_url=place.base_url,
                journal=options.journal,
                json=options.json,
            )
            return run_async(show)

    journal = option("--journal", file=True, metavar="FILE", help="check this journal of a bulk run too")
    return Command(
        "doctor",
        callback,
        help="Check what a client needs: token, account and coins, the way to the service, certificates, "
        "clock, versions. Only free calls are made. Each line has a sign (ok, warn or fail), the name of the "
        "check, what was found and what to do. The exit code is 1 if a check has failed, else 0.",
        params=[journal, *common_options()],
        examples=("doctor", "doctor --journal run.db", "doctor --json"),
    )


def listen() -> click.Command:
    """Make ``a2e listen``."""

    def callback(options: Options) -> int:
        # It loads a web server.
        from a2e_async.cli import listen as command
        from a2e_async.cli.service import run_async

        url = options.url if options.url is not None else os.environ.get("A2E_WEBHOOK_URL")
        return run_async(
            partial(command.listen, host=options.host, port=options.port, url=url, json=options.json)
        )

    return Command(
        "listen",
        callback,
        help="Receive the service's calls about tasks on this machine, and print each one that is genuine: "
        "event, task and marker, separated by tabs. The secret is read from A2E_WEBHOOK_SECRET; the program "
        "that starts the tasks needs the same. The service reaches this machine through a tunnel.\n\n"
        "Needs the extra 'sandbox'.",
        params=[
            option(
                "--host",
                default="127.0.0.1",
                metavar="HOST",
                help="the address to listen at (default: 127.0.0.1)",
            ),
            option(
                "--port",
                parse=whole,
                default=8787,
                metavar="NUMBER",
                help="0 for any port that is free (default: 8787)",
            ),
            option(
                "--url",
                metavar="URL",
                help="the address under which the service reaches this (default: A2E_WEBHOOK_URL)",
            ),
            json_option(),
        ],
        examples=("listen", "listen --port 0 --json"),
    )


def sandbox() -> click.Command:
    """Make ``a2e sandbox``."""

    def callback(options: Options) -> int:
        from a2e_async.cli.sandbox import serve

        return serve(options)

    return Command(
        "sandbox",
        callback,
        help="Serve a local A2E until Ctrl-C, and print the two variables that lead other programs to it. It "
        "knows every operation of the API; nothing costs anything.\n\n"
        "For one command, --sandbox is enough. More settings: python -m a2e_async.sandbox --help. Needs the "
        "extra 'sandbox'.",
        params=[
            option(
                "--port",
                parse=whole,
                default=8249,
                metavar="NUMBER",
                help="0 for any free one (default: 8249)",
            ),
            option(
                "--speed",
                parse=number,
                default=20.0,
                metavar="NUMBER",
                help="how many times faster than the service (default: 20)",
            ),
            json_option(),
        ],
        examples=("sandbox", "sandbox --port 0 --json"),
    )


def completion() -> click.Command:
    """Make ``a2e completion``."""

    def callback(options: Options) -> int:
        from a2e_async.cli.completion import show

        return show(options.shell)

    shell = click.Argument(["shell"], metavar="bash|zsh|fish", type=click.Choice(_SHELLS))
    return Command(
        "completion",
        callback,
        help="Print a script that completes commands, workflows, options and their values with Tab.\n\n"
        "bash: add  source <(a2e completion bash)  to ~/.bashrc.\n\n"
        "zsh: add  source <(a2e completion zsh)  to ~/.zshrc, below the line with compinit.\n\n"
        "fish: a2e completion fish > ~/.config/fish/completions/a2e.fish",
        params=[shell],
        examples=("completion bash", "completion zsh", "completion fish"),
    )
