//! A source as the rules see it: the paths, macros, strings and modules in it, each with its line.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// One thing found in a source.
#[derive(Debug, Clone)]
pub struct Found {
    /// The path with `::` between its parts, the name, or the content of the string.
    pub text: String,
    /// Line, from 1.
    pub line: usize,
    /// Whether it stands in test code.
    pub in_test: bool,
    /// How many inline modules it stands in.
    pub depth: usize,
}

impl Found {
    /// Whether the path is this one or leads on from it.
    pub fn is_below(&self, path: &str) -> bool {
        self.text.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }

    /// `line 7: …`
    pub fn told(&self) -> String {
        format!("line {}: {}", self.line, self.text)
    }
}

/// A parsed file.
#[derive(Debug, Default)]
pub struct Source {
    /// Below the root of the repository, with `/`.
    pub place: String,
    /// How many lines it has.
    pub lines: usize,
    /// Every path in expressions, types, patterns, imports (one a name) and macros.
    pub paths: Vec<Found>,
    /// Macros called, by path.
    pub macros: Vec<Found>,
    /// String literals, also those inside of macros.
    pub strings: Vec<Found>,
    /// Every identifier, also those inside of macros.
    pub words: Vec<Found>,
    /// Modules with a `#[path]`.
    pub moved_modules: Vec<Found>,
    in_test: bool,
    depth: usize,
}

impl Source {
    /// Parses a file; one that does not parse would not compile either.
    pub fn parse(place: &str, text: &str) -> Self {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{place}: {error}"));
        let in_test = place.starts_with("tests/") || place.ends_with("tests.rs") || is_test(&file.attrs);
        let mut source =
            Self { place: place.into(), lines: text.lines().count(), in_test, ..Self::default() };
        source.visit_file(&file);
        source.scan(text.parse().unwrap_or_default(), &mut |this, token| {
            if let TokenTree::Ident(word) = token {
                let found = this.found(word.to_string(), word.span().start().line);
                this.words.push(found);
            }
        });
        source
    }

    /// Whether it lies in this folder, or is this file.
    pub fn lies_in(&self, place: &str) -> bool {
        self.place == place || self.place.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The module of the engine that it belongs to: `postgres` for `src/postgres/local/find.rs`.
    pub fn module(&self) -> Option<&str> {
        let inner = self.place.strip_prefix("src/")?;
        Some(inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs"))
    }

    fn found(&self, text: String, line: usize) -> Found {
        Found { text, line, in_test: self.in_test, depth: self.depth }
    }

    fn scan(&mut self, tokens: TokenStream, seen: &mut dyn FnMut(&mut Self, &TokenTree)) {
        for token in tokens {
            seen(self, &token);
            if let TokenTree::Group(group) = token {
                self.scan(group.stream(), seen);
            }
        }
    }

    fn paths_in_macro(&mut self, tokens: TokenStream) {
        let (mut path, mut line, mut colons) = (String::new(), 0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(word) if colons == 2 && !path.is_empty() => {
                    path.push_str(&format!("::{word}"));
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                _ => {}
            }
            let ended = self.found(std::mem::take(&mut path), line);
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '!' => self.macros.push(ended.clone()),
                TokenTree::Ident(word) => (path, line) = (word.to_string(), word.span().start().line),
                TokenTree::Group(group) => self.paths_in_macro(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(string) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        let string = self.found(string.value(), literal.span().start().line);
                        self.strings.push(string);
                    }
                }
                TokenTree::Punct(_) => {}
            }
            self.keep_path(ended);
            colons = 0;
        }
        let ended = self.found(path, line);
        self.keep_path(ended);
    }

    fn keep_path(&mut self, path: Found) {
        if !path.text.is_empty() {
            self.paths.push(path);
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &str) {
        let join = |name: &syn::Ident| {
            if before.is_empty() { name.to_string() } else { format!("{before}::{name}") }
        };
        match tree {
            syn::UseTree::Path(path) => self.use_tree(&path.tree, &join(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, before)),
            syn::UseTree::Name(name) => {
                let text = if name.ident == "self" { before.to_owned() } else { join(&name.ident) };
                let found = self.found(text, name.ident.span().start().line);
                self.paths.push(found);
            }
            syn::UseTree::Rename(rename) => {
                let found = self.found(join(&rename.ident), rename.ident.span().start().line);
                self.paths.push(found);
            }
            syn::UseTree::Glob(glob) => {
                let found = self.found(format!("{before}::*"), glob.span().start().line);
                self.paths.push(found);
            }
        }
    }
}

fn is_test(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let path = attr.path().segments.last().map(|part| part.ident.to_string()).unwrap_or_default();
        let named =
            |word: &str| matches!(&attr.meta, syn::Meta::List(list) if list.tokens.to_string() == word);
        path == "test" || (path == "cfg" && named("test"))
    })
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.attrs.iter().any(|attr| attr.path().is_ident("path")) {
            let found = self.found(module.ident.to_string(), module.ident.span().start().line);
            self.moved_modules.push(found);
        }
        let was = self.in_test;
        self.in_test |= is_test(&module.attrs);
        self.depth += usize::from(module.content.is_some());
        visit::visit_item_mod(self, module);
        self.depth -= usize::from(module.content.is_some());
        self.in_test = was;
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let was = self.in_test;
        self.in_test |= is_test(&function.attrs);
        visit::visit_item_fn(self, function);
        self.in_test = was;
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.use_tree(&import.tree, "");
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        let found = self.found(parts.join("::"), path.span().start().line);
        self.paths.push(found);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let parts: Vec<String> = called.path.segments.iter().map(|part| part.ident.to_string()).collect();
        let found = self.found(parts.join("::"), called.path.span().start().line);
        self.macros.push(found);
        self.paths_in_macro(called.tokens.clone());
    }

    // Documentation is an attribute too, and no string of the program.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        let found = self.found(literal.value(), literal.span().start().line);
        self.strings.push(found);
    }
}
