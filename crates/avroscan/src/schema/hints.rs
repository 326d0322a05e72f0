//! What is wrong with a schema, in words that help to mend it.

use serde_json::Value;

/// What belongs to a type of this kind, beside its name.
fn essential(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "record" | "error" => "fields",
        "enum" => "symbols",
        "fixed" => "size",
        "array" => "items",
        "map" => "values",
        _ => return None,
    })
}

/// What is wrong with a field that holds the definition of its type beside its own attributes, and not
/// as its type.
pub(super) fn misplaced(name: &str, field: &Value, type_: &Value) -> Option<String> {
    let kind = type_.as_str()?;
    let key = essential(kind)?;
    field.get(key)?;
    Some(format!(
        "the {kind} must be an object of its own as the field's type: \
         {{\"name\": {}, \"type\": {{\"type\": \"{kind}\", \"{key}\": ..}}}}",
        Value::from(name)
    ))
}

/// Why a name is not known.
pub(super) fn unknown_type(name: &str) -> String {
    match essential(name) {
        Some(key) => format!(
            "`{name}` is not a type by itself: write an object, \
             {{\"type\": \"{name}\", \"{key}\": ..}}"
        ),
        None => format!("unknown type `{name}`: it is not defined before its use"),
    }
}

/// A value in few words, whatever its size.
pub(super) fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
