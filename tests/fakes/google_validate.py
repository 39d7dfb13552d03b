"""Reads a JSON list of FHIR R4 bundles; prints as a list what google-fhir-r4 says of each: "" when valid.

Runs in `.venv-validate`, because this library and the test server need different runtimes of antlr4.
"""

import json
import sys

from google.fhir.core import fhir_errors
from google.fhir.r4 import json_format
from google.fhir.r4.proto.core.resources import bundle_and_contained_resource_pb2 as resources


def verdict(bundle: str) -> str:
    try:
        json_format.json_fhir_string_to_proto(bundle, resources.Bundle, validate=True)
    except (fhir_errors.InvalidFhirError, ValueError, TypeError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> None:
    print(json.dumps([verdict(bundle) for bundle in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
