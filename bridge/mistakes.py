"""What pydantic finds wrong in a file, in the words that people get. Pure."""

from pydantic_core import ErrorDetails

_WORDS = {
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "string_unicode": "a text of whole characters",
    "list_type": 'a list such as ["…"]',
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
}


def expectation(error: ErrorDetails) -> str:
    """What should be there, such as `expected an integer`; a validator's own words stay as they are."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "greater_than_equal":
            return f"expected at least {context['ge']}"
        case "greater_than":
            return f"expected more than {context['gt']:g}"
        case "less_than_equal":
            return f"expected at most {context['le']}"
        case "too_short":
            return f"expected at least {context['min_length']} of them"
        case "too_long":
            return f"expected at most {context['max_length']} of them"
        case "string_too_short":
            return "expected a text that is not empty"
        case "string_too_long":
            return f"expected a text of at most {context['max_length']} characters"
        case kind:
            return "expected " + _WORDS.get(kind, error["msg"].removeprefix("Input should be "))
