//! The file's shape as JSON Schema, made from the types: the one source of reading, reference page and editor help.
//!
//! Beside the usual keywords a key says what its text is for:
//! - `x-sql`: `{"as": role, "with": [placeholders], "answers": [columns], "form": "statement" | "script" | "expression"}`;
//! - `x-word`: the placeholders of a word of a command line, a variable or another text that is filled;
//! - `x-with`: further placeholders of the words below this key;
//! - `x-name`: `role`, `table`, or `column` (of the table named by the key `table` beside it);
//! - `x-keys`: the same of the keys of a map;
//! - `x-regex`: it is a regular expression with these groups;
//! - `x-path`: `file` or `folder`, which must be there.

use std::sync::LazyLock;

use serde_json::Value;

use super::Subject;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Subject).to_value());

/// The JSON Schema of the subject file.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// Who runs a statement, with which placeholders, and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// `admin`, `worker` or `relay`.
    pub role: String,
    /// Placeholders that it may use.
    pub with: Vec<String>,
    /// Columns that the answer must have, by name.
    pub answers: Vec<String>,
    /// How much SQL it is.
    pub form: Form,
}

/// How much SQL a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One statement, with parameters.
    Statement,
    /// Any number of statements; values are pasted.
    Script,
    /// An expression over the rows of a trigger.
    Expression,
}

/// One place of the schema: references followed, alternatives with `null` left out.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'s> {
    own: &'s Value,
    target: &'s Value,
}

impl<'s> Shape<'s> {
    /// The whole file.
    pub fn root() -> Shape<'static> {
        Shape::of(schema())
    }

    fn of(own: &'s Value) -> Self
    where
        's: 'static,
    {
        let mut target = own;
        // Types do not contain themselves through references alone, so this ends.
        for _ in 0..8 {
            let chosen = |key: &str| {
                let options = target[key].as_array()?;
                let mut some = options.iter().filter(|option| option["type"] != "null");
                match (some.next(), some.next()) {
                    (Some(only), None) => Some(only),
                    _ => None,
                }
            };
            let referred = target["$ref"].as_str().and_then(|to| schema().pointer(to.strip_prefix('#')?));
            match referred.or_else(|| chosen("anyOf")) {
                Some(next) => target = next,
                None => break,
            }
        }
        Self { own, target }
    }
}

impl Shape<'static> {
    /// A keyword; the key's own comes before that of its type.
    pub fn get(&self, keyword: &str) -> &'static Value {
        if self.own[keyword].is_null() { &self.target[keyword] } else { &self.own[keyword] }
    }

    /// The name of its type, where it has one of its own.
    pub fn type_name(&self) -> &'static str {
        let title = |value: &'static Value| value["$ref"].as_str().and_then(|to| to.rsplit('/').next());
        let options = self.own["anyOf"].as_array().into_iter().flatten();
        title(self.own).or_else(|| options.into_iter().find_map(title)).unwrap_or_default()
    }

    /// What its type is, in words.
    pub fn type_doc(&self) -> &'static str {
        self.target["description"].as_str().unwrap_or_default()
    }

    /// The several shapes that a value may have, where there are several.
    pub fn alternatives(&self) -> Vec<Self> {
        let options = ["anyOf", "oneOf"].iter().find_map(|key| self.target[*key].as_array());
        options.into_iter().flatten().filter(|option| option["type"] != "null").map(Shape::of).collect()
    }

    /// The texts that may stand here, where only some may.
    pub fn words(&self) -> Vec<&'static str> {
        let listed = self.target["enum"].as_array().into_iter().flatten();
        let alternatives = self.target["oneOf"].as_array().into_iter().flatten();
        let constants = alternatives.flat_map(|option| {
            let listed = option["enum"].as_array().into_iter().flatten();
            std::iter::once(&option["const"]).chain(listed)
        });
        listed.chain(constants).filter_map(Value::as_str).collect()
    }

    /// The keys of a table, in the order of the type.
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, Self)> {
        let properties = self.target["properties"].as_object().into_iter().flatten();
        properties.map(|(name, schema)| (name.as_str(), Shape::of(schema)))
    }

    /// One key of a table.
    pub fn key(&self, name: &str) -> Option<Self> {
        self.target["properties"].as_object()?.get(name).map(Shape::of)
    }

    /// Whether keys that are not listed may stand in the table, and what they hold.
    pub fn others(&self) -> Others {
        match &self.target["additionalProperties"] {
            Value::Bool(false) => Others::Refused,
            shape @ Value::Object(_) => Others::Are(Shape::of(shape)),
            _ => Others::Free,
        }
    }

    /// The keys that must be there.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.target["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// What an array holds.
    pub fn items(&self) -> Option<Self> {
        self.target["items"].is_object().then(|| Shape::of(&self.target["items"]))
    }

    /// The JSON types that are allowed, `null` left out; empty where any is.
    pub fn types(&self) -> Vec<&'static str> {
        let types = match &self.target["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        types.into_iter().filter(|name| *name != "null").collect()
    }

    /// What the SQL of this key is for.
    pub fn sql(&self) -> Option<Use> {
        let sql = self.get("x-sql").as_object()?;
        let list = |key: &str| -> Vec<String> {
            let found = sql.get(key).and_then(Value::as_array).into_iter().flatten();
            found.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let form = match sql.get("form").and_then(Value::as_str) {
            Some("script") => Form::Script,
            Some("expression") => Form::Expression,
            _ => Form::Statement,
        };
        let role = sql.get("as").and_then(Value::as_str).unwrap_or("admin").to_owned();
        Some(Use { role, with: list("with"), answers: list("answers"), form })
    }

    /// The placeholders of a text that is filled.
    pub fn word(&self) -> Option<Vec<&'static str>> {
        self.get("x-word").as_array().map(|list| list.iter().filter_map(Value::as_str).collect())
    }

    /// The placeholders that the texts below know besides their own.
    pub fn further_words(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.get("x-with").as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// The groups that it must have, where it is a regular expression.
    pub fn groups(&self) -> Option<impl Iterator<Item = &'static str> + use<>> {
        self.get("x-regex").as_array().map(|groups| groups.iter().filter_map(Value::as_str))
    }

    /// What kind of name stands here.
    pub fn name(&self) -> Option<&'static str> {
        self.get("x-name").as_str()
    }

    /// What kind of name the keys of a map are.
    pub fn key_name(&self) -> Option<&'static str> {
        self.get("x-keys").as_str()
    }

    /// What kind of path stands here.
    pub fn path(&self) -> Option<&'static str> {
        self.get("x-path").as_str()
    }
}

/// What keys that are not listed may hold.
pub enum Others {
    /// There may be none.
    Refused,
    /// They have this shape.
    Are(Shape<'static>),
    /// Anything.
    Free,
}
