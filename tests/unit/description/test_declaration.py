"""Services written as classes: what follows from the attributes and signatures of a class."""

import functools
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Annotated, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar
from uuid import UUID

import pytest

import upnp

Percent = Annotated[int, upnp.Range(0, 100)]


class Colour(Enum):
    """Values are texts."""

    RED = 'red'
    BLUE = 'blue'


class Tint(Enum):
    """The same texts as those of Colour."""

    RED = 'red'
    BLUE = 'blue'


class Switch(upnp.Service):
    """A service of a standard type, with its names and relations."""

    serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'
    serviceId = 'urn:upnp-org:serviceId:SwitchPower:1'

    Target = upnp.StateVariable(dataType='boolean', defaultValue=False)
    Status = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)

    @upnp.action(arguments={'newTargetValue': 'Target'})
    async def SetTarget(self, newTargetValue):
        """Switch on or off."""
        self.Target = newTargetValue
        self.Status = newTargetValue

    @upnp.action(returns={'RetTargetValue': 'Target'})
    def GetTarget(self):
        """Return what is wished."""
        return self.Target

    @upnp.action(returns={'ResultStatus': 'Status'})
    def GetStatus(self):
        """Return what is."""
        return self.Status


class Camera(upnp.Service):
    """A service of one's own, described by hints."""

    Motion = upnp.StateVariable(dataType=bool, sendEvents=True)

    @upnp.action
    def Capture(
        self, Quality: Annotated[int, upnp.Range(1, 100)] = 80, Format: Literal['jpeg', 'png'] = 'jpeg'
    ) -> bytes:
        """Take a picture."""
        return f'{Quality} {Format}'.encode()


def argumentsOf(service: upnp.Service, action: str) -> list[tuple[object, ...]]:
    """Return what is known of an action's arguments."""
    arguments = service.actions[action].arguments
    return [(one.name, one.direction, one.relatedStateVariable, one.retval) for one in arguments]


def typesOf(service: upnp.Service) -> dict[str | None, str]:
    """Return the types of a service's state variables by name, in order."""
    return {one.name: one.dataType for one in service.stateVariables}


# What follows from a class


def test_names_and_relations_make_a_standard_service() -> None:
    service = Switch()
    assert [(one.name, one.dataType, one.defaultValue, one.sendEvents) for one in service.stateVariables] == [
        ('Target', 'boolean', False, False),
        ('Status', 'boolean', False, True),
    ]
    assert [action.name for action in service.actions] == ['SetTarget', 'GetTarget', 'GetStatus']
    assert argumentsOf(service, 'SetTarget') == [('newTargetValue', 'in', 'Target', False)]
    assert argumentsOf(service, 'GetTarget') == [('RetTargetValue', 'out', 'Target', False)]
    assert argumentsOf(service, 'GetStatus') == [('ResultStatus', 'out', 'Status', False)]


def test_hints_are_enough_for_a_service_of_ones_own() -> None:
    service = Camera()
    quality, format_, result = (
        service.stateVariables[f'A_ARG_TYPE_{name}'] for name in ('Quality', 'Format', 'Result')
    )
    assert (quality.dataType, quality.allowedValueRange, quality.defaultValue) == ('i4', (1, 100), 80)
    assert (format_.dataType, format_.allowedValueList, format_.defaultValue) == ('string', ('jpeg', 'png'), 'jpeg')
    assert (result.dataType, result.defaultValue, result.sendEvents) == ('bin.base64', None, False)
    assert argumentsOf(service, 'Capture') == [
        ('Quality', 'in', 'A_ARG_TYPE_Quality', False),
        ('Format', 'in', 'A_ARG_TYPE_Format', False),
        ('Result', 'out', 'A_ARG_TYPE_Result', True),
    ]
    assert typesOf(service)['Motion'] == 'boolean'


def test_a_class_and_a_dict_that_say_the_same_are_equal() -> None:
    names = [('SetTarget', 'newTargetValue', 'in', 'Target'), ('GetTarget', 'RetTargetValue', 'out', 'Target')]
    names.append(('GetStatus', 'ResultStatus', 'out', 'Status'))
    actions = [
        {'name': name, 'arguments': [{'name': one, 'direction': direction, 'relatedStateVariable': related}]}
        for name, one, direction, related in names
    ]
    variables = [
        {'name': 'Target', 'dataType': 'boolean', 'defaultValue': '0'},
        {'name': 'Status', 'dataType': 'boolean', 'defaultValue': '0', 'sendEvents': True},
    ]
    elements = {'serviceType': Switch.serviceType, 'serviceId': Switch.serviceId}
    assert Switch() == upnp.Service(elements, actions=actions, stateVariables=variables)


def test_every_hint_makes_its_type() -> None:
    class All(upnp.Service):
        @upnp.action
        def Go(self, A: bool, B: float, C: str, D: datetime, E: UUID, F: Decimal, G: Colour, H: Percent) -> None:
            """Do nothing."""

    assert list(typesOf(All()).values()) == [
        *('boolean', 'r8', 'string', 'dateTime', 'uuid', 'fixed.14.4', 'string', 'i4'),
    ]
    assert All().stateVariables['A_ARG_TYPE_G'].allowedValueList == ('red', 'blue')


def test_functions_are_the_methods_of_the_instance() -> None:
    service = Camera()
    function = service.actions['Capture'].function
    assert function(Quality=5, Format='png') == b'5 png'
    assert function.__self__ is service


def test_without_a_return_hint_there_is_no_output() -> None:
    class Plain(upnp.Service):
        @upnp.action
        def Go(self):
            """Say nothing of a result."""

        @upnp.action()
        def Stop(self) -> None:
            """Have none."""

    assert [argumentsOf(Plain(), name) for name in ('Go', 'Stop')] == [[], []]


def test_a_parameter_of_a_variables_name_is_related_to_it() -> None:
    class Dimmer(upnp.Service):
        Level = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100))

        @upnp.action
        def SetLevel(self, Level, Time: float) -> None:
            """Set the level."""

        @upnp.action(returns={'Level': int})
        def GetLevel(self):
            """Return the level."""

    assert argumentsOf(Dimmer(), 'SetLevel')[0] == ('Level', 'in', 'Level', False)
    assert argumentsOf(Dimmer(), 'GetLevel') == [('Level', 'out', 'Level', False)]
    assert typesOf(Dimmer()) == {'Level': 'ui1', 'A_ARG_TYPE_Time': 'r8'}


def test_a_variable_may_have_another_name_than_its_attribute() -> None:
    class Named(upnp.Service):
        kind = upnp.StateVariable(name='serviceType', dataType=int)

        @upnp.action
        def Go(self, serviceType) -> None:
            """Be related by the variable's name."""

    service = Named()
    service.kind = 5
    assert (service.stateVariables['serviceType'].value, service.serviceType) == (5, None)
    assert argumentsOf(service, 'Go') == [('serviceType', 'in', 'serviceType', False)]


def test_arguments_and_returns_take_names_and_hints() -> None:
    class Mixed(upnp.Service):
        Level = upnp.StateVariable(dataType='ui1')

        @upnp.action(arguments={'A': 'Level', 'B': Percent}, returns={'C': 'Level', 'D': Literal['x', 'y'], 'E': str})
        def Go(self, A, B, F: int):
            """Have no hints but one."""

    assert argumentsOf(Mixed(), 'Go') == [
        *(('A', 'in', 'Level', False), ('B', 'in', 'A_ARG_TYPE_B', False), ('F', 'in', 'A_ARG_TYPE_F', False)),
        *(('C', 'out', 'Level', False), ('D', 'out', 'A_ARG_TYPE_D', False), ('E', 'out', 'A_ARG_TYPE_E', False)),
    ]
    assert Mixed().stateVariables['A_ARG_TYPE_B'].allowedValueRange == (0, 100)


def test_what_is_given_by_name_goes_before_hints_of_any_kind() -> None:
    class Related(upnp.Service):
        Level = upnp.StateVariable(dataType='ui1')

        @upnp.action(arguments={'A': 'Level'}, returns={'B': 'Level', 'C': 'Level'})
        def Go(self, A: list[int]) -> tuple[int, int]:
            """Have hints that are for type checkers."""

        Go.__annotations__['A'] = 'Unknown'

    assert [one[:3] for one in argumentsOf(Related(), 'Go')] == [
        *(('A', 'in', 'Level'), ('B', 'out', 'Level'), ('C', 'out', 'Level')),
    ]


def test_arguments_and_returns_take_the_state_variables_themselves() -> None:
    class Itself(upnp.Service):
        Target = upnp.StateVariable(dataType='boolean', sendEvents=True)
        kind = upnp.StateVariable(name='serviceType')

        @upnp.action(arguments={'x': Target, 'z': kind}, returns={'y': Target, 'serviceType': kind})
        def Go(self, x, z: str = 'a'):
            """Have names of its own."""

    assert [one[:3] for one in argumentsOf(Itself(), 'Go')] == [
        *(('x', 'in', 'Target'), ('z', 'in', 'serviceType'), ('y', 'out', 'Target')),
        ('serviceType', 'out', 'serviceType'),
    ]
    assert typesOf(Itself()) == {'Target': 'boolean', 'serviceType': 'string'}
    assert Itself().stateVariables['serviceType'].defaultValue == 'a'


def test_a_state_variable_of_elsewhere_is_none_of_the_service() -> None:
    with pytest.raises(upnp.DescriptionError, match="'Motion' is not the name of a state variable of this service"):

        class Bad(upnp.Service):
            @upnp.action(returns={'A': Camera.Motion})
            def Go(self):
                """Take it from another class."""


def test_an_in_and_an_out_argument_may_have_the_same_name() -> None:
    class Same(upnp.Service):
        @upnp.action(returns={'A': int})
        def Go(self, A: int):
            """Return what came."""

    assert [one[:2] for one in argumentsOf(Same(), 'Go')] == [('A', 'in'), ('A', 'out')]


def test_no_outputs_can_be_said_in_spite_of_a_hint() -> None:
    class Quiet(upnp.Service):
        @upnp.action(returns={})
        def Go(self) -> int:
            """Return something for other callers."""

    assert argumentsOf(Quiet(), 'Go') == []


Metres = NewType('Metres', float)


def test_a_new_type_stands_for_what_it_is_made_of() -> None:
    class Blind(upnp.Service):
        Height = upnp.StateVariable(dataType=Metres)

        @upnp.action
        def Move(self, Height: Metres, By: Metres) -> Metres:
            """Have hints of one's own."""

    assert typesOf(Blind()) == {'Height': 'r8', 'A_ARG_TYPE_By': 'r8', 'A_ARG_TYPE_Result': 'r8'}


class Size(NamedTuple):
    """Two outputs."""

    Width: int
    Motion: bool


@dataclass
class Only(Generic[TypeVar('T')]):
    """One output."""

    Result: str


def test_fields_are_outputs_and_none_of_them_the_retval_but_result() -> None:
    class Sized(upnp.Service):
        Motion = upnp.StateVariable(dataType=bool)

        @upnp.action
        def GetSize(self) -> Size:
            """Return both."""

        @upnp.action
        def GetText(self) -> Only:
            """Return one."""

    assert argumentsOf(Sized(), 'GetSize') == [
        ('Width', 'out', 'A_ARG_TYPE_Width', False),
        ('Motion', 'out', 'Motion', False),
    ]
    assert argumentsOf(Sized(), 'GetText') == [('Result', 'out', 'A_ARG_TYPE_Result', True)]


def test_a_name_for_the_action_is_not_the_methods() -> None:
    class Renamed(upnp.Service):
        @upnp.action(name='Import')
        def import_(self, A: int) -> None:
            """Bear a name that Python keeps for itself."""

    assert [action.name for action in Renamed().actions] == ['Import']
    assert Renamed().actions['Import'].function.__name__ == 'import_'


def test_the_call_is_no_argument() -> None:
    class Caller(upnp.Service):
        @upnp.action
        def Go(self, call: upnp.Call, A: int, *, B: str = 'b') -> str:
            """Want the call."""

        @upnp.action
        def Quoted(self, A: int, call: 'upnp.Call') -> None:
            """Want it too."""

        @upnp.action
        def Perhaps(self, A: int, call: upnp.Call | None = None) -> None:
            """Be called by the program too, which has none."""

    assert [one[0] for one in argumentsOf(Caller(), 'Perhaps')] == ['A']
    assert [one[0] for one in argumentsOf(Caller(), 'Go')] == ['A', 'B', 'Result']
    assert [one[0] for one in argumentsOf(Caller(), 'Quoted')] == ['A']
    assert 'A_ARG_TYPE_call' not in Caller().stateVariables


# Variables that only give a type


def test_equal_hints_share_a_variable_and_others_get_their_own() -> None:
    class Sharing(upnp.Service):
        @upnp.action
        def First(self, A: int) -> int:
            """Make both."""

        @upnp.action
        def Second(self, A: int) -> int:
            """Share both."""

        @upnp.action
        def Third(self, A: str) -> str:
            """Have others."""

        @upnp.action
        def Fourth(self, A: int = 3) -> None:
            """Have another default."""

    assert typesOf(Sharing()) == {
        'A_ARG_TYPE_A': 'i4',
        'A_ARG_TYPE_Result': 'i4',
        'A_ARG_TYPE_Third_A': 'string',
        'A_ARG_TYPE_Third_Result': 'string',
        'A_ARG_TYPE_Fourth_A': 'i4',
    }
    assert [argumentsOf(Sharing(), name)[0][2] for name in ('First', 'Second', 'Third', 'Fourth')] == [
        *('A_ARG_TYPE_A', 'A_ARG_TYPE_A', 'A_ARG_TYPE_Third_A', 'A_ARG_TYPE_Fourth_A'),
    ]


def test_enums_of_the_same_texts_do_not_share_as_members_differ() -> None:
    class Painter(upnp.Service):
        @upnp.action
        def Paint(self, C: Colour) -> None:
            """Get a Colour."""

        @upnp.action
        def Dye(self, C: Tint) -> None:
            """Get a Tint."""

    variables = Painter().stateVariables
    assert [one.name for one in variables] == ['A_ARG_TYPE_C', 'A_ARG_TYPE_Dye_C']
    assert [one.parse('red') for one in variables] == [Colour.RED, Tint.RED]


def test_a_declared_variable_of_such_a_name_is_shared_or_kept_apart() -> None:
    class Declared(upnp.Service):
        A_ARG_TYPE_A = upnp.StateVariable(dataType=int)
        A_ARG_TYPE_B = upnp.StateVariable(dataType=int)

        @upnp.action
        def Go(self, A: int, B: str) -> None:
            """Fit one of them."""

    assert [one[2] for one in argumentsOf(Declared(), 'Go')] == ['A_ARG_TYPE_A', 'A_ARG_TYPE_Go_B']


# Defaults


def test_defaults_become_those_of_variables() -> None:
    class Defaults(upnp.Service):
        Level = upnp.StateVariable(dataType='ui1')
        Kept = upnp.StateVariable(dataType='ui1', defaultValue='7')

        @upnp.action(arguments={'Related': 'Level'})
        def Go(self, Related=5, Level=5, Kept=7, Mode: Colour = Colour.BLUE, On: bool = False, A: int = None):  # noqa: RUF013
            """Have defaults of all kinds."""

    variables = Defaults().stateVariables
    assert [(one.name, one.defaultValue) for one in variables] == [
        *(('Level', 5), ('Kept', '7'), ('A_ARG_TYPE_Mode', Colour.BLUE), ('A_ARG_TYPE_On', False)),
        ('A_ARG_TYPE_A', None),
    ]
    assert Defaults().Level == 5
    assert Defaults.Level.defaultValue is None


def bad(default: object, **elements: object) -> Callable[[], object]:
    """Return what makes a class whose parameter A has a wrong default; with elements it is related to a variable."""
    hint = int if elements else Percent

    def make() -> object:
        class Bad(upnp.Service):
            if elements:
                A = upnp.StateVariable(elements)

            @upnp.action
            def Go(self, A: hint = default) -> None:
                """Have a wrong default."""

        return Bad

    return make


@pytest.mark.parametrize(
    ('make', 'text'),
    [
        (bad(101), '.defaultValue: 101 is no default of type i4: 101 is not at most 100'),
        (bad('x'), ".defaultValue: 'x' is no default of type i4: 'x' is not a whole number"),
        (bad(1.5), '.defaultValue: 1.5 is no default of type i4: 1.5 is not an int'),
        (bad(300, dataType='ui1'), '.defaultValue: 300 is no default of type ui1: 300 is not from 0 to 255'),
        (bad(2, dataType='ui1', defaultValue=1), ": the default 2 is not the defaultValue 1 of 'A'"),
    ],
)
def test_a_wrong_default_is_told_with_action_and_argument(make: Callable[[], object], text: str) -> None:
    with pytest.raises(upnp.DescriptionError) as caught:
        make()
    assert f'.Bad.Go(A){text}' in str(caught.value)


# Hints beside state variables


def beside(hint: object, **elements: object) -> type[upnp.Service]:
    """Return a class whose parameter A has this hint, and is related to a state variable of these elements."""

    class Beside(upnp.Service):
        A = upnp.StateVariable(elements)

        @upnp.action
        def Go(self, A: hint) -> None:
            """Take one argument."""

    return Beside


@pytest.mark.parametrize(
    ('hint', 'elements'),
    [
        *((int, {'dataType': 'ui1'}), (float, {'dataType': 'ui1'}), (float, {'dataType': 'r4'})),
        *((str, {'dataType': 'uri'}), (str, {'dataType': Colour}), (Colour, {'dataType': Colour})),
        *((datetime, {'dataType': 'dateTime.tz'}), (list[int], {'dataType': 'ui1'}), (None, {'dataType': bool})),
        *((Percent, {'dataType': 'ui1', 'allowedValueRange': limits}) for limits in ((0, 100), (0, 100, None))),
        (int, {'dataType': 'ui1', 'allowedValueRange': (0, 5)}),
        (Literal['a', 'b'], {'allowedValueList': ['a', 'b']}),
        (str, {'allowedValueList': ['a', 'b']}),
    ],
)
def test_a_hint_may_say_less_than_its_state_variable(hint: object, elements: dict[str, object]) -> None:
    assert argumentsOf(beside(hint, **elements)(), 'Go') == [('A', 'in', 'A', False)]


@pytest.mark.parametrize(
    ('hint', 'elements'),
    [
        *(
            (int, {'dataType': 'r8'}),
            (int, {'dataType': 'boolean'}),
            (bool, {'dataType': 'ui1'}),
            (str, {'dataType': int}),
        ),
        *((bytes, {}), (Decimal, {'dataType': 'r8'}), (datetime, {'dataType': 'date'})),
        *((Percent, {'dataType': 'ui1'}), (Percent, {'dataType': 'ui1', 'allowedValueRange': (0, 99)})),
        *((Literal['a', 'b'], {'allowedValueList': limits}) for limits in (None, ['b', 'a'])),
        *((Colour, {}), (Colour, {'dataType': Tint}), (Colour, {'allowedValueList': ['red', 'blue']})),
    ],
)
def test_a_hint_that_contradicts_its_state_variable_is_refused(hint: object, elements: dict[str, object]) -> None:
    """The function would get another value than it says."""
    with pytest.raises(upnp.DescriptionError) as caught:
        beside(hint, **elements)
    assert str(caught.value).endswith(f"Beside.Go(A): the hint {hint!r} is not what the state variable 'A' says")


# Inheritance


class Base(upnp.Service):
    """A service to derive from."""

    Status = upnp.StateVariable(dataType=bool)
    Extra = upnp.StateVariable(dataType=int)

    @upnp.action(returns={'ResultStatus': 'Status'})
    def GetStatus(self):
        """Return the base's."""
        return False

    @upnp.action
    def Optional(self, A: int) -> None:
        """Do something."""


def test_a_subclass_overrides_a_method_without_decorating_it_again() -> None:
    class Derived(Base):
        def GetStatus(self) -> bool:
            """Return the subclass's."""
            return True

    assert Derived().actions['GetStatus'].function() is True
    assert argumentsOf(Derived(), 'GetStatus') == argumentsOf(Base(), 'GetStatus')
    assert Base().actions['GetStatus'].function() is False
    assert Derived() == Base()


def test_a_subclass_decorates_a_method_anew() -> None:
    class Derived(Base):
        @upnp.action
        def GetStatus(self, A: str) -> None:
            """Be another action."""

    assert argumentsOf(Derived(), 'GetStatus') == [('A', 'in', 'A_ARG_TYPE_A', False)]
    assert argumentsOf(Derived(), 'Optional') == [('A', 'in', 'A_ARG_TYPE_Optional_A', False)]


def test_a_subclass_leaves_out_what_it_sets_to_none() -> None:
    class Derived(Base):
        Optional = None
        Extra = None

    assert [one.name for one in Derived().actions] == ['GetStatus']
    assert typesOf(Derived()) == {'Status': 'boolean'}
    assert [one.name for one in Base().actions] == ['GetStatus', 'Optional']


def test_a_subclass_adds_and_replaces() -> None:
    class Derived(Base):
        Status = upnp.StateVariable(dataType='ui1')
        More = upnp.StateVariable(dataType=str)

        @upnp.action
        def SetMore(self, More) -> None:
            """Be one more."""

    assert typesOf(Derived()) == {
        **{'Status': 'ui1', 'Extra': 'i4', 'More': 'string', 'A_ARG_TYPE_A': 'i4'},
    }
    assert [one.name for one in Derived().actions] == ['GetStatus', 'Optional', 'SetMore']
    assert typesOf(Base())['Status'] == 'boolean'


class Dimmable:
    """A mixin: no service by itself."""

    Level = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100))

    @upnp.action
    def SetLevel(self, Level) -> None:
        """Set the level."""
        self.Level = Level


def test_a_mixin_brings_variables_and_actions() -> None:
    class Both(Dimmable, Base):
        pass

    class Other(Dimmable, upnp.Service):
        pass

    service, other = Both(), Other()
    service.actions['SetLevel'].function(Level=5)
    assert (service.Level, other.Level) == (5, 0)
    assert [one.name for one in service.actions] == ['GetStatus', 'Optional', 'SetLevel']


def test_abstract_and_generic_classes_may_be_services() -> None:
    class Abstract(upnp.Service, ABC, Generic[TypeVar('T')]):
        @upnp.action
        @abstractmethod
        def Go(self, A: int) -> int:
            """Be written by a subclass."""

    class Concrete(Abstract[int]):
        def Go(self, A: int) -> int:
            """Return twice as much."""
            return 2 * A

    assert Concrete().actions['Go'].function(A=2) == 4
    with pytest.raises(TypeError, match='abstract'):
        Abstract()


def test_static_methods_class_methods_and_other_decorators_may_stand_on_either_side() -> None:
    def doubled(function: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(function)
        def twice(*args: object, **others: object) -> int:
            return 2 * function(*args, **others)

        return twice

    class Ways(upnp.Service):
        @upnp.action
        @staticmethod
        def A(X: int) -> int:
            """Be static below."""
            return X

        @staticmethod
        @upnp.action
        def B(X: int) -> int:
            """Be static above."""
            return X

        @upnp.action
        @classmethod
        def C(cls, X: int) -> int:
            """Be the class's below."""
            return X if cls is Ways else 0

        @classmethod
        @upnp.action
        def D(cls, X: int) -> int:
            """Be the class's above."""
            return X if cls is Ways else 0

        @upnp.action
        @doubled
        def E(self, X: int) -> int:
            """Be wrapped below."""
            return X

        @doubled
        @upnp.action
        def F(self, X: int) -> int:
            """Be wrapped above."""
            return X

        G = upnp.action(returns={'Result': int})(lambda self: 7)

    service = Ways()
    assert [service.actions[name].function(X=3) for name in 'ABCDEF'] == [3, 3, 3, 3, 6, 6]
    assert service.actions['G'].function() == 7
    assert all(argumentsOf(service, name) == argumentsOf(service, 'A') for name in 'BCDEF')


def test_a_class_attribute_is_the_declaration_and_an_instances_the_value() -> None:
    assert isinstance(Switch.Status, upnp.StateVariable)
    assert (Switch.Status.name, Switch.Status.sendEvents) == ('Status', True)
    assert Switch().Status is False


# Hints that are texts

FUTURE = """
from __future__ import annotations
import upnp
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple
if TYPE_CHECKING:
    from datetime import datetime

class Mode(Enum):
    AUTO = 'auto'

class Size(NamedTuple):
    Width: int

@dataclass
class State:
    Kind: Literal['a', 'b']

class Service(upnp.Service):
    class Speed(Enum):
        SLOW = 'slow'

    @upnp.action
    def Move(self, Speed: Speed = Speed.SLOW, caller: upnp.Call | None = None) -> Speed: ...
    @upnp.action
    def Go(self, call: upnp.Call, A: Annotated[int, upnp.Range(1, 5)], B: Mode = Mode.AUTO) -> Size: ...
    @upnp.action
    def Stop(self) -> State: ...
    @upnp.action
    async def Wait(self) -> None: ...
"""


def future(text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a module of this text."""
    module = ModuleType('future')
    monkeypatch.setitem(sys.modules, 'future', module)
    exec(text, vars(module))
    return module


def test_hints_may_be_texts_as_under_future_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    module = future(FUTURE, monkeypatch)
    service = module.Service()
    assert [one[:2] for one in argumentsOf(service, 'Go')] == [('A', 'in'), ('B', 'in'), ('Width', 'out')]
    assert [one[:2] for one in argumentsOf(service, 'Stop')] == [('Kind', 'out')]
    assert argumentsOf(service, 'Wait') == []
    assert service.stateVariables['A_ARG_TYPE_A'].allowedValueRange == (1, 5)
    assert service.stateVariables['A_ARG_TYPE_B'].value is module.Mode.AUTO


def test_an_enum_inside_the_class_may_be_a_hint_that_is_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    module = future(FUTURE, monkeypatch)
    service = module.Service()
    assert argumentsOf(service, 'Move') == [
        *(('Speed', 'in', 'A_ARG_TYPE_Speed', False), ('Result', 'out', 'A_ARG_TYPE_Result', True)),
    ]
    assert service.stateVariables['A_ARG_TYPE_Speed'].parse('slow') is module.Service.Speed.SLOW


SELFLESS = ['A: int', "A: Literal['a', 'b']", 'A: Mode, B: int', 'A: Annotated[int, upnp.Range(0, 5)]']


@pytest.mark.parametrize('parameters', SELFLESS)
def test_a_missing_self_is_told_when_hints_are_texts(parameters: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{FUTURE}\nclass Bad(upnp.Service):\n    @upnp.action\n    def Go({parameters}): ...'
    with pytest.raises(upnp.DescriptionError) as caught:
        future(text, monkeypatch)
    assert str(caught.value) == "Bad.Go: its first parameter 'A' has a data type: is self missing before it?"


WHERE = {
    'parameter': 'def When(self, Moment: datetime) -> None: ...',
    'output': 'def When(self) -> datetime: ...',
}


@pytest.mark.parametrize('where', WHERE)
def test_a_hint_for_type_checkers_only_is_told_with_the_remedy(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{FUTURE}\nclass Late(upnp.Service):\n    @upnp.action\n    {WHERE[where]}'
    with pytest.raises(
        upnp.DescriptionError, match='import its names at the top of the module, not for type'
    ) as caught:
        future(text, monkeypatch)
    assert str(caught.value).startswith("Late.When: the hint 'datetime' cannot be resolved")


# What cannot be described


def refused(text: str) -> upnp.DescriptionError:
    """Return the error for a class with this body."""
    indented = '\n    '.join(text.splitlines())
    with pytest.raises(upnp.DescriptionError) as caught:
        exec(f'class Bad(upnp.Service):\n    {indented}', {**globals(), '__name__': __name__})
    return caught.value


class Typed(TypedDict):
    """A dict with known keys, which a function may return, but which is no list of outputs."""

    A: int


@pytest.mark.parametrize(
    ('body', 'text'),
    [
        (
            'def Go(self, A): ...',
            "Bad.Go: argument 'A' of action 'Go' has no type: give it a hint, or "
            "@upnp.action(arguments={'A': 'StateVariable'})",
        ),
        ('def Go(self, A: None): ...', "Bad.Go: argument 'A' of action 'Go' has no type: give it a hint"),
        ('def Go(self, A=5): ...', "Bad.Go: argument 'A' of action 'Go' has no type: give it a hint"),
        (
            'def Go(self, A: list[int]): ...',
            "Bad.Go: argument 'A' of action 'Go': list[int] stands for no UPnP data type",
        ),
        ('def Go(self, A: int | None = None): ...', "Bad.Go: argument 'A' of action 'Go': int | None stands for no"),
        ('def Go(self, A: Literal[1, 2]): ...', "Bad.Go: argument 'A' of action 'Go': typing.Literal[1, 2] has values"),
        ('def Go(self, *A: int): ...', "Bad.Go: parameter 'A' cannot be given by keyword, as arguments are"),
        ('def Go(self, A: int, /): ...', "Bad.Go: parameter 'A' cannot be given by keyword, as arguments are"),
        ('def Go(self):\n    yield 1', 'Bad.Go: it yields, and an action returns'),
        ('async def Go(self):\n    yield 1', 'Bad.Go: it yields, and an action returns'),
        ('def Go(A: int): ...', "Bad.Go: its first parameter 'A' has a data type: is self missing before it?"),
        ('def Go(A: Percent, B: int): ...', "Bad.Go: its first parameter 'A' has a data type: is self missing"),
        ('@classmethod\ndef Go(A: int): ...', "Bad.Go: its first parameter 'A' has a data type: is self missing"),
        (
            'def Go(self, A: Annotated[int, range(0, 5)]): ...',
            "Bad.Go: argument 'A' of action 'Go': typing.Annotated[int, range(0, 5)] has a range of Python, which says "
            'nothing here: use upnp.Range(minimum, maximum)',
        ),
        ('def Go(): ...', 'Bad.Go: it has no parameter for the service: write it with self'),
        ('def Go(self, A: "Unknown"): ...', "Bad.Go: the hint 'Unknown' cannot be resolved (name 'Unknown' is not"),
        (
            'def Go(self, A: Annotated[str, upnp.Range(0, 1)]): ...',
            'Bad.Go(A).allowedValueRange: (0, 1) is not (minimum, maximum) or (minimum, maximum, step), for a numeric',
        ),
        ('def Go(self, A: Annotated[int, upnp.Range(5, 1)]): ...', 'Bad.Go(A).allowedValueRange: (5, 1) has a minimum'),
        ('def Go(self, A: Enum("Empty", [])): ...', 'Bad.Go(A).allowedValueList: () is no list of strings'),
    ],
)
def test_a_signature_that_cannot_be_described_is_refused(body: str, text: str) -> None:
    assert str(refused(f'@upnp.action\n{body}')).startswith(text)


@pytest.mark.parametrize('hint', ['tuple[int, str]', 'dict[str, int]', 'Typed', 'list[int]', 'object'])
def test_an_output_of_no_type_is_told_how_several_are_named(hint: str) -> None:
    error = str(refused(f'@upnp.action\ndef Go(self) -> {hint}: ...'))
    assert error.startswith("Bad.Go: argument 'Result' of action 'Go': ")
    assert error.endswith(
        'several outputs get their names from a NamedTuple, a dataclass, or @upnp.action(returns={...})'
    )


@pytest.mark.parametrize(
    ('given', 'text'),
    [
        (
            "arguments={'A': 'Unknown'}",
            "Bad.actions['Go'].arguments['A'].relatedStateVariable: 'Unknown' is not the name of a state variable of "
            'this service: there are none',
        ),
        ("returns={'B': 'ui4'}, arguments={'A': int}", "Bad.actions['Go'].arguments['B'].relatedStateVariable: 'ui4'"),
        ("arguments={'B': int}", "Bad.Go: arguments= names ['B'], and its parameters are ['A']"),
        ("arguments={'A': list}", "Bad.Go: argument 'A' of action 'Go': <class 'list'> stands for no UPnP data type"),
        ("arguments={'A': int}, returns={'B-C': int}", "Bad.Go.arguments[1]: name 'B-C' may only have letters"),
        ("arguments={'A': int}, name='Go-On'", "Bad.actions[0]: name 'Go-On' may only have letters"),
        ("arguments={'A': int}, name=''", "Bad.actions[0]: name '' may only have letters"),
        ("arguments={'A': int}, returns={'B': None}", "Bad.Go: argument 'B' of action 'Go' has no type"),
    ],
)
def test_what_the_decorator_is_given_is_checked(given: str, text: str) -> None:
    assert str(refused(f'@upnp.action({given})\ndef Go(self, A=None): ...')).startswith(text)


@pytest.mark.parametrize(
    ('body', 'text'),
    [
        (
            "@upnp.action(name='Go')\ndef a(self): ...\n@upnp.action(name='Go')\ndef b(self): ...",
            "Bad.actions[1]: name 'Go' is there twice",
        ),
        (
            "a = upnp.StateVariable(name='X')\nb = upnp.StateVariable(name='X', dataType=int)",
            "Bad.stateVariables[1]: name 'X' is there twice",
        ),
        ("X = upnp.StateVariable(dataType='bool')", "Bad.stateVariables['X'].dataType: 'bool' is no UPnP data type"),
        ("X = upnp.StateVariable(name='a-b')", "Bad.stateVariables[0]: name 'a-b' may only have letters"),
        (
            'serviceType = upnp.StateVariable(dataType=int)',
            "Bad.serviceType: the attribute 'serviceType' of every service is hidden by a state variable: call the "
            "attribute otherwise, and give name='serviceType'",
        ),
        (
            'fromXml = upnp.StateVariable()',
            "Bad.fromXml: the attribute 'fromXml' of every service is hidden by a state",
        ),
        (
            '@upnp.action\ndef serviceType(self): ...',
            "Bad.serviceType: the attribute 'serviceType' of every service is hidden by an action: call the attribute "
            "otherwise, and give name='serviceType'",
        ),
        (
            '@upnp.action\ndef addObserver(self): ...',
            "Bad.addObserver: the attribute 'addObserver' of every service is",
        ),
        (
            'actions = []',
            'Bad.actions: it is filled from the class: state variables are attributes, actions are methods',
        ),
        ('stateVariables = upnp.StateVariable()', 'Bad.stateVariables: it is filled from the class'),
        ('@upnp.action\ndef actions(self): ...', 'Bad.actions: it is filled from the class'),
    ],
)
def test_a_class_body_that_cannot_be_described_is_refused(body: str, text: str) -> None:
    assert str(refused(body)).startswith(text)


@pytest.mark.parametrize(
    'body',
    [
        *('_changed = 5', '_parent = None', 'def _root(self): ...', '_copy = upnp.StateVariable()', '_labels = ()'),
        *('@upnp.action\ndef _observers(self): ...', '_declaration = None'),
    ],
)
def test_a_private_name_of_the_package_is_reserved(body: str) -> None:
    """A class that took one would break in another place, and much later."""
    assert str(refused(body)).endswith(' is an attribute of our own: call yours otherwise')


def test_a_mixin_may_not_bring_a_reserved_name_either() -> None:
    class Tree:
        _parent = None

    with pytest.raises(upnp.DescriptionError, match=r"Bad\._parent: '_parent' is an attribute of our own"):

        class Bad(Tree, upnp.Service):
            pass


def test_other_private_names_are_free() -> None:
    class Private(upnp.Service):
        _pin = 17
        __parent = 4
        _Status = upnp.StateVariable(dataType=bool)

    class Derived(Private):
        _pin = 18

    assert (Derived()._pin, Derived()._Status, typesOf(Derived())) == (18, False, {'_Status': 'boolean'})


def test_a_variable_cannot_stand_in_the_place_of_a_bases_method() -> None:
    with pytest.raises(upnp.DescriptionError, match='hidden by a state variable'):

        class Bad(Base):
            GetStatus = upnp.StateVariable()


def test_a_variable_of_a_made_name_but_of_another_type_is_told() -> None:
    body = 'A_ARG_TYPE_A = upnp.StateVariable()\nA_ARG_TYPE_Go_A = upnp.StateVariable()\n'
    error = refused(f'{body}@upnp.action\ndef Go(self, A: int): ...')
    assert str(error) == "Bad.Go: the state variable 'A_ARG_TYPE_Go_A' is there with another type: rename it"


def test_a_subclass_that_takes_away_what_an_action_needs_is_refused() -> None:
    with pytest.raises(upnp.DescriptionError, match="'Status' is not the name of a state variable"):

        class Bad(Base):
            Status = None


@pytest.mark.parametrize(
    ('body', 'text'), [('def Optional(self): ...', 'by keyword'), ('Optional = 5', 'cannot be called')]
)
def test_an_override_that_does_not_take_the_arguments_is_refused(body: str, text: str) -> None:
    namespace = {**globals(), '__name__': __name__}
    exec(f'class Bad(Base):\n    {body}', namespace)
    with pytest.raises(upnp.DescriptionError, match=text) as caught:
        namespace['Bad']()
    assert caught.value.path.startswith("<Bad ''>.actions['Optional']")


@pytest.mark.parametrize('thing', ['Go', 5, None, property(lambda self: 5), object(), staticmethod(5), len])
def test_the_decorator_is_for_functions(thing: object) -> None:
    with pytest.raises(TypeError, match='action is for functions, not'):
        upnp.action()(thing)


def test_a_name_without_its_keyword_is_told() -> None:
    with pytest.raises(TypeError) as caught:
        upnp.action('Import')
    assert str(caught.value) == "action is for functions, not 'Import': is @upnp.action(name='Import') meant?"


@pytest.mark.parametrize('what', ['arguments', 'returns'])
@pytest.mark.parametrize('given', ['Status', ['Status'], 5, int])
def test_the_decorator_takes_dicts(what: str, given: object) -> None:
    with pytest.raises(TypeError, match=f'{what} must be a dict of names to state variables or hints, not'):
        upnp.action(**{what: given})


def test_a_dict_that_changes_afterwards_changes_nothing() -> None:
    arguments, returns = {'A': int}, {'B': int}
    go = upnp.action(arguments=arguments, returns=returns)(lambda self, A: A)
    arguments.clear()
    returns.clear()
    service = type('Kept', (upnp.Service,), {'Go': go})()
    assert [one[:2] for one in argumentsOf(service, 'Go')] == [('A', 'in'), ('B', 'out')]


def test_the_hint_of_an_output_does_not_contradict_its_variable() -> None:
    class Fine(upnp.Service):
        Level = upnp.StateVariable(dataType='r8')

        @upnp.action(returns={'Level': 'Level'})
        def GetLevel(self) -> str:
            return ''

        @upnp.action(returns={'Level': int})
        def GetWhole(self) -> int:
            return 0

    assert Fine().actions['GetWhole'].arguments['Level'].relatedStateVariable == 'Level'
    with pytest.raises(
        upnp.DescriptionError, match=r"Bad.Get\(Level\): the hint <class 'float'> is not what the state"
    ):

        class Bad(upnp.Service):
            Level = upnp.StateVariable(dataType='i4')

            @upnp.action(returns={'Level': float})
            def Get(self) -> float:
                return 0.5


def test_a_class_is_no_action() -> None:
    with pytest.raises(TypeError, match='action is for functions'):
        upnp.action(int)
