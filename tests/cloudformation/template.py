"""The CloudFormation templates, read as AWS reads them: what is made for given parameters, and with which values.

A resource's own name is `<Database>`, its attribute `<Database.Arn>`, another stack's value `import(ITS-EXPORT)`. What
refers to a resource that is not made raises, as it does in AWS.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "cloudformation").glob("*.yaml"))
STAGES = ("dev", "staging", "prod")

ACCOUNT = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "000000000000",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()  # a property that has it is left out


class Reader(yaml.SafeLoader):
    """Reads `!Ref` and its like as the long forms that they stand for."""


def _long_form(reader: Reader, tag: str, node: yaml.Node) -> dict[str, Any]:
    construct: dict[type[yaml.Node], Callable[[Any], Any]] = {
        yaml.ScalarNode: reader.construct_scalar,
        yaml.SequenceNode: lambda found: reader.construct_sequence(found, deep=True),
        yaml.MappingNode: lambda found: reader.construct_mapping(found, deep=True),
    }
    value = construct[type(node)](node)
    if tag == "Ref":
        return {"Ref": value}
    return {f"Fn::{tag}": value.split(".", 1) if tag == "GetAtt" else value}


Reader.add_multi_constructor("!", _long_form)


@cache
def read(name: str) -> dict[str, Any]:
    """The template of that name, its functions in their long forms."""
    found: dict[str, Any] = yaml.load((ROOT / "cloudformation" / f"{name}.yaml").read_text(encoding="utf-8"), Reader)
    return found


def without_exceptions(name: str) -> str:
    """The template in JSON, without the Metadata in which linters are told what to pass over."""
    bare = json.loads(json.dumps(read(name)))
    bare.pop("Metadata", None)
    for resource in bare["Resources"].values():
        resource.pop("Metadata", None)
    return json.dumps(bare)


class Stack:
    """What a template makes for these parameters: resources and outputs whose condition holds, values worked out."""

    def __init__(self, name: str, **parameters: str) -> None:
        self._template = read(name)
        unknown = set(parameters) - set(self._template["Parameters"])
        assert not unknown, f"{name} has no parameter {unknown}"
        defaults = {key: given.get("Default") for key, given in self._template["Parameters"].items()}
        self._values: dict[str, Any] = {**ACCOUNT, **defaults, **parameters, "AWS::NoValue": NO_VALUE}
        self.resources: dict[str, Any] = self._made("Resources")
        self.outputs: dict[str, Any] = self._made("Outputs")

    @property
    def exports(self) -> dict[str, str]:
        """What other stacks may import, by name."""
        return {output["Export"]["Name"]: output["Value"] for output in self.outputs.values()}

    def of_type(self, kind: str) -> dict[str, Any]:
        """The properties of all resources of the type `AWS::{kind}`, by logical id."""
        found = self.resources.items()
        return {name: resource["Properties"] for name, resource in found if resource["Type"] == f"AWS::{kind}"}

    def _made(self, section: str) -> dict[str, Any]:
        found = self._template[section].items()
        return {name: self._value(entry) for name, entry in found if self._is_made(entry)}

    def _is_made(self, entry: dict[str, Any]) -> bool:
        return "Condition" not in entry or self._holds(entry["Condition"])

    def _holds(self, condition: str) -> bool:
        return bool(self._value(self._template["Conditions"][condition]))

    def _value(self, given: Any) -> Any:
        match given:
            case {"Ref": name}:
                return self._named(name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self._named(f"{name}.{attribute}")
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda name: str(self._named(name[1])), text)
            case {"Fn::ImportValue": name}:
                return f"import({self._value(name)})"
            case {"Fn::If": [condition, then, otherwise]}:
                return self._value(then if self._holds(condition) else otherwise)
            case {"Fn::Equals": [one, other]}:
                return self._value(one) == self._value(other)
            case {"Fn::Not": [condition]}:
                return not self._value(condition)
            case {"Fn::FindInMap": [mapping, *keys]}:
                row, column = self._value(keys)
                return self._template["Mappings"][mapping][row][column]
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self._value(parts))
            case {"Fn::Select": [index, items]}:
                return self._value(items)[index]
            case {"Fn::Cidr": [block, count, bits]}:
                return [str(part) for part in IPv4Network(self._value(block)).subnets(new_prefix=32 - bits)][:count]
            case {"Fn::GetAZs": _}:
                return [f"{ACCOUNT['AWS::Region']}{letter}" for letter in "abc"]
            case dict():
                assert not [key for key in given if str(key).startswith("Fn::")], f"not understood: {given}"
                values = {key: self._value(value) for key, value in given.items()}
                return {key: value for key, value in values.items() if value is not NO_VALUE}
            case list():
                return [self._value(value) for value in given]
        return given

    def _named(self, name: str) -> Any:
        """A parameter's value, or how a resource that is made (or its attribute) is named here."""
        if name in self._values:
            return self._values[name]
        assert self._is_made(self._template["Resources"][name.partition(".")[0]]), f"{name} is not made"
        return f"<{name}>"


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement of every policy, wherever it stands."""
    if isinstance(value, dict):
        if "Effect" in value:
            yield value
        for member in value.values():
            yield from statements(member)
    elif isinstance(value, list):
        for member in value:
            yield from statements(member)


def listed(value: Any) -> set[str]:
    """One or several, as a set."""
    return set(value) if isinstance(value, list) else {value}
