"""Services written as classes: the ``action`` decorator, and the actions and state variables that a class declares.

It turns signatures and class attributes into the same objects that dicts give, and refuses to know how they are served.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MethodType
from typing import Any, NamedTuple, TypeVar, overload

from ..Errors import DescriptionError
from .elements import _BaseObj
from .hints import Parameter, dataTypeOf, isCall, oddity, outputsOf, parametersOf, returnHint
from .scpd import LOCAL_PREFIX, Action, Argument, StateVariable, checkNames, checkScpd, checkVariable
from .types import zero

__all__ = ['Declaration', 'action', 'declaredIn']

MARK = '_upnpAction'
PACKAGE = __name__.partition('.')[0]
SEVERAL = 'several outputs get their names from a NamedTuple, a dataclass, or @upnp.action(returns={...})'
LISTS = ('actions', 'stateVariables')
OURS = (name for name in vars(_BaseObj) if name.startswith('_') and not name.endswith('__'))
RESERVED = frozenset(('_declaration', *OURS))

Function = TypeVar('Function', bound=Callable[..., object])


class Mark(NamedTuple):
    """What the decorator was given."""

    name: str | None
    arguments: Mapping[str, object]
    returns: Mapping[str, object] | None


class Declaration(NamedTuple):
    """What a class declares: its state variables, and its actions by the name of their method."""

    variables: tuple[StateVariable, ...] = ()
    actions: tuple[tuple[str, Action], ...] = ()

    def copies(self, service: object) -> tuple[list[StateVariable], list[Action]]:
        """Return the variables and the actions of one instance, the functions bound to it."""
        actions = [action._copy() for _, action in self.actions]
        for (method, _), own in zip(self.actions, actions, strict=True):
            own.function = getattr(service, method)
        return [variable._copy() for variable in self.variables], actions


@overload
def action(function: Function, /) -> Function: ...
@overload
def action(
    *,
    name: str | None = None,
    arguments: Mapping[str, object] | None = None,
    returns: Mapping[str, object] | None = None,
) -> Callable[[Function], Function]: ...
def action(
    function: Callable[..., object] | None = None,
    /,
    *,
    name: str | None = None,
    arguments: Mapping[str, object] | None = None,
    returns: Mapping[str, object] | None = None,
) -> object:
    """Make a method of a :class:`upnp.Service` subclass an action (UDA 1.1 §2.5).

    Each parameter is an in argument. It is related to the state variable of its name, else to a new one that is made of
    its hint (``A_ARG_TYPE_...``); a default becomes that variable's ``defaultValue``. What the return hint says is the
    output: the fields of a NamedTuple or a dataclass, else one argument ``Result``. A parameter that is annotated
    :class:`upnp.Call` gets the call itself.

    :param name: of the action, where it is not the method's.
    :param arguments: for parameters by name: a state variable or its name, or a hint.
    :param returns: the outputs by name, in order, each with a state variable or its name, or a hint.
    :raises TypeError: it is used on something that is no function, or given no mapping.
    """
    for what, given in (('arguments', arguments), ('returns', returns)):
        if given is not None and not isinstance(given, Mapping):
            raise TypeError(f'{what} must be a dict of names to state variables or hints, not {given!r}')
    mark = Mark(name, dict(arguments or {}), None if returns is None else dict(returns))

    def marked(function: Function) -> Function:
        if (
            isinstance(function, type)
            or not hasattr(function, '__dict__')
            or not callable(getattr(function, '__func__', function))
        ):
            hint = f': is @upnp.action(name={function!r}) meant?' if isinstance(function, str) else ''
            raise TypeError(f'action is for functions, not {function!r}{hint}')
        function.__dict__[MARK] = mark
        return function

    return marked if function is None else marked(function)


def declaredIn(cls: type) -> Declaration:
    """Return what a class and its bases declare; the same function in a subclass goes by the base's declaration.

    :raises DescriptionError: it cannot be described.
    """
    members: dict[str, object] = {}
    marks: dict[str, tuple[object, Mark]] = {}
    for kind in reversed(cls.__mro__):
        for name, value in vars(kind).items():
            members[name] = value
            if (mark := markOf(value)) is not None:
                marks[name] = (value, mark)
    checkAttributes(cls, members)
    declared = {id(one): one for one in members.values() if isinstance(one, StateVariable)}
    checkScpd([], list(declared.values()), cls.__qualname__)
    variables = {one.name: one._copy() for one in declared.values()}
    maker = ActionMaker(cls, variables)
    actions = [
        (name, maker.made(name, *marks[name])) for name in members if name in marks and members[name] is not None
    ]
    declaration = Declaration(tuple(variables.values()), tuple(actions))
    checkScpd([one for _, one in actions], declaration.variables, cls.__qualname__)
    return declaration


def markOf(member: object) -> Mark | None:
    """Return what the decorator was given for a member; it may stand below staticmethod and classmethod, or above."""
    marks = (getattr(one, '__dict__', {}).get(MARK) for one in (member, getattr(member, '__func__', None)))
    return next((mark for mark in marks if mark is not None), None)


def checkAttributes(cls: type, members: Mapping[str, object]) -> None:
    """Check that nothing a class declares stands in the place of something else, and that it declares it our way."""
    mixins = [base for base in cls.__mro__ if not issubclass(base, _BaseObj)]
    own = {name for kind in (cls, *mixins) for name in vars(kind)}
    for name, value in members.items():
        place = f'{cls.__qualname__}.{name}'
        if name in LISTS:
            text = 'it is filled from the class: state variables are attributes, actions are methods under @upnp.action'
            raise DescriptionError(text, place)
        if name in RESERVED and name in own:
            raise DescriptionError(f'{name!r} is an attribute of our own: call yours otherwise', place)
        if (what := hides(cls, name, value)) is not None:
            raise DescriptionError(
                f'the attribute {name!r} of every service is hidden by {what}: '
                f'call the attribute otherwise, and give name={name!r}',
                place,
            )


def hides(cls: type, name: str, value: object) -> str | None:
    """Return what hides an attribute of a base: a state variable all but others, an action those of this package."""
    bases = [base for base in cls.__mro__ if name in vars(base)]
    if isinstance(value, StateVariable):
        return next(('a state variable' for base in bases if not isinstance(vars(base)[name], StateVariable)), None)
    if markOf(value) is not None:
        return next(('an action' for base in bases if base.__module__.partition('.')[0] == PACKAGE), None)
    return None


class ActionMaker:
    """Makes the actions of one class, and the variables that only give their arguments a type.

    :param variables: those of the class, by name; new ones are added.
    """

    def __init__(self, cls: type, variables: dict[str | None, StateVariable]) -> None:
        self._cls = cls
        self._variables = variables
        self._declared = frozenset(variables)

    def made(self, attribute: str, member: Any, mark: Mark) -> Action:
        """Return the action of a marked member of the class."""
        path = f'{self._cls.__qualname__}.{attribute}'
        function = getattr(member, '__func__', member)
        if not isinstance(member, staticmethod):
            if (wrong := oddity(function)) is not None:
                raise DescriptionError(wrong, path)
            function = MethodType(function, self._cls)
        name = attribute if mark.name is None else mark.name
        try:
            parameters = [one for one in parametersOf(function, mark.arguments) if not isCall(one.hint)]
            outputs = outputsOf(returnHint(function)) if mark.returns is None else mark.returns
        except TypeError as error:
            raise DescriptionError(str(error), path) from error
        names = [one.name for one in parameters]
        if unknown := [name for name in mark.arguments if name not in names]:
            raise DescriptionError(f'arguments= names {unknown!r}, and its parameters are {names!r}', path)
        arguments = [*self._inputs(name, parameters, mark, path), *self._outputs(name, outputs, path)]
        checkNames(arguments, f'{path}.arguments')
        if mark.returns is None and len(outputs) == 1 and 'Result' in outputs:
            arguments[-1].retval = True
        return Action(name=name, arguments=arguments)

    def _inputs(self, action: str, parameters: list[Parameter], mark: Mark, path: str) -> Iterator[Argument]:
        for one in parameters:
            relation = self._relation(action, one.name, mark.arguments.get(one.name, one.hint), path, one)
            yield Argument(name=one.name, direction='in', relatedStateVariable=relation)

    def _outputs(self, action: str, outputs: Mapping[str, object], path: str) -> Iterator[Argument]:
        for name, hint in outputs.items():
            relation = self._relation(action, name, hint, path)
            yield Argument(name=name, direction='out', relatedStateVariable=relation)

    def _relation(self, action: str, name: str, hint: object, path: str, parameter: Parameter | None = None) -> str:
        """Return the name of the state variable that an argument is related to: one that is there, else a new one."""
        default = parameter.default if parameter is not None and parameter.isOptional else None
        if isinstance(hint, StateVariable):
            hint = hint.name
        named = hint if isinstance(hint, str) else name
        if isinstance(hint, str) or named in self._declared:
            if (variable := self._variables.get(named)) is not None:
                given = hint if parameter is None else parameter.hint
                checkHint(variable, given, f'{path}({name})', isOut=parameter is None)
                if default is not None:
                    self._takeDefault(variable, default, f'{path}({name})')
            return named
        if hint is None:
            remedy = f"a hint, or @upnp.action(arguments={{{name!r}: 'StateVariable'}})"
            raise DescriptionError(f'argument {name!r} of action {action!r} has no type: give it {remedy}', path)
        try:
            wanted = StateVariable(dataType=hint, defaultValue=default)
        except TypeError as error:
            remedy = '' if parameter is not None else f'; {SEVERAL}'
            raise DescriptionError(f'argument {name!r} of action {action!r}: {error}{remedy}', path) from error
        checkVariable(wanted, f'{path}({name})')
        for local in (f'{LOCAL_PREFIX}{name}', f'{LOCAL_PREFIX}{action}_{name}'):
            wanted.name = local
            known = self._variables.setdefault(local, wanted)
            if known == wanted and known._enum is wanted._enum:
                return local
        raise DescriptionError(f'the state variable {wanted.name!r} is there with another type: rename it', path)

    def _takeDefault(self, variable: StateVariable, default: object, path: str) -> None:
        if variable.defaultValue is None:
            variable.defaultValue = default  # type: ignore[assignment]  # it is checked in the next line
            checkVariable(variable, path)
            return
        twin = variable._copy()
        twin.defaultValue = default  # type: ignore[assignment]  # it is only compared
        if twin != variable:  # the text '5' of a dict, and the number 5
            raise DescriptionError(
                f'the default {default!r} is not the defaultValue {variable.defaultValue!r} of {variable.name!r}', path
            )


def checkHint(variable: StateVariable, hint: object, path: str, *, isOut: bool) -> None:
    """Check that the hint of an argument does not contradict the state variable that gives it its type."""
    try:
        wanted = dataTypeOf(hint)
    except TypeError:  # none, or one that only means something to others
        return
    kinds = type(zero(variable.dataType)), type(zero(wanted.name))
    taken, given = reversed(kinds) if isOut else kinds
    twin = StateVariable(dataType=wanted.name, allowedValueRange=wanted.range)
    if (
        (taken is not given and (taken, given) != (int, float))
        or (wanted.range is not None and twin.allowedValueRange != variable.allowedValueRange)
        or (wanted.values is not None and wanted.values != variable.allowedValueList)
        or (wanted.enum is not None and wanted.enum is not variable._enum)  # the same texts, and other members
    ):
        raise DescriptionError(f'the hint {hint!r} is not what the state variable {variable.name!r} says', path)
