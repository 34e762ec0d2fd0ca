"""Commands that are imported when they are used, so that none waits for what only another needs."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

__all__ = ["LazyCommand", "lazy_group"]


class LazyCommand(TyperCommand):
    """Stands for a command, or a group of commands, in the list of a help page.

    `target` is `module:name` of a function or a Typer application; `help_text` is what the list says of it.
    """

    def __init__(self, name: str, target: str, help_text: str) -> None:
        super().__init__(name, help=help_text)
        self._target = target

    def load(self) -> TyperCommand | TyperGroup:
        """The command itself."""
        module, _, name = self._target.partition(":")
        found = getattr(import_module(module), name)
        command: Any
        if isinstance(found, typer.Typer):
            # A group also of one command.
            command = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(name=self.name)(found)
            command = typer.main.get_command(alone)
        command.name = self.name
        return command  # type: ignore[no-any-return] # of Typer's two kinds, as its own annotation does not say

    def make_context(self, *words: Any, **extra: Any) -> Any:
        """The context of the command itself, which is thereby the one that runs."""
        return self.load().make_context(*words, **extra)


def lazy_group(*commands: tuple[str, str, str]) -> type[TyperGroup]:
    """A kind of group that has these commands (name, target, help text), in this order."""

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            for command in commands:
                self.add_command(LazyCommand(*command))

    return LazyGroup
