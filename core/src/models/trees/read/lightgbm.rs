//! The text that LightGBM writes (`save_model`, `model_to_string`): versions 2 to 4.
//!
//! A header of `key=value` lines, then a block of such lines for each tree, then what is of no use
//! here. An inner node has `left_child` and `right_child`, a negative child -l-1 being leaf l; its
//! `decision_type` holds, from the lowest bit: 1 whether the split is categorical, 1 whether missing
//! values go left, 2 the kind of missing (none, zero, NaN). A categorical split's `threshold` is the
//! index of its bitset, words `cat_boundaries[i]` to `cat_boundaries[i + 1]` of `cat_threshold`.

use std::str::{FromStr, Lines};

use super::{absent, named, unsupported};
use crate::base::{Error, ErrorKind, Result};
use crate::models::trees::link::Link;
use crate::models::trees::parts::{MOST_FEATURES, MissingMode, Node, Parts, Precision, Test, Tree, ZERO, bad};

/// Reads a model.
pub(in crate::models::trees) fn lightgbm(text: &str) -> Result<Parts> {
    let mut lines = text.lines();
    if lines.next().map(str::trim) != Some("tree") {
        return Err(unsupported("not a LightGBM model: its first line is not `tree`"));
    }
    let header = Block::read(&mut lines);
    let classes: usize = header.number("num_tree_per_iteration").or_else(|_| header.number("num_class"))?;
    let features = header.number::<usize>("max_feature_idx")?.saturating_add(1);
    if classes == 0 || classes > MOST_FEATURES {
        return Err(bad(format!("`num_tree_per_iteration` is {classes}")));
    }
    let names = header.get("feature_names").map(|names| names.split_ascii_whitespace().map(str::to_owned).collect());
    let features = named(names.unwrap_or_default(), features)?;
    let link = link(header.get("objective").unwrap_or(""))?;

    let (trees, ended) = trees(&mut lines, header.next, classes)?;
    if !ended {
        return Err(absent("line `end of trees`"));
    }
    if trees.is_empty() || trees.len() % classes != 0 {
        return Err(bad(format!("{} trees are no whole number of rounds of {classes}", trees.len())));
    }
    let rounds = trees.len() / classes;
    let divisor = if header.averages { rounds as f64 } else { 1.0 };
    let (inputs, sums) = (Precision::Double, Precision::Double);
    let categories = categories(&header, lines, features.len())?;
    Ok(Parts { features, categories, trees, base: vec![0.0; classes], divisor, inputs, sums, link, best: None })
}

/// The names of each feature's categories, from a model that was trained on a frame of pandas.
///
/// The file lists them without their features: those that it marks as categorical, in their order. Where
/// their numbers differ, as with ordered categories, which LightGBM takes for numbers, none is named.
fn categories(header: &Block<'_>, rest: Lines<'_>, features: usize) -> Result<Vec<Vec<String>>> {
    let mut categorical = vec![false; features];
    // A category's info lists its codes, as 0:1:2, a number's is a range.
    let infos = header.get("feature_infos").unwrap_or("").split_ascii_whitespace();
    for (mark, info) in categorical.iter_mut().zip(infos) {
        *mark = info.contains(':') && !info.starts_with('[');
    }
    let mut lists: Option<Vec<Vec<serde_json::Value>>> = None;
    for line in rest {
        if let Some(listed) = line.strip_prefix("[categorical_feature:").and_then(|line| line.split(']').next()) {
            for place in listed.split(',').filter_map(|word| word.trim().parse::<usize>().ok()) {
                categorical.get_mut(place).into_iter().for_each(|mark| *mark = true);
            }
        }
        if let Some(json) = line.strip_prefix("pandas_categorical:").filter(|json| json.trim() != "null") {
            let wrong =
                |error| Error::new(ErrorKind::SchemaType, format!("`pandas_categorical` is no list of lists: {error}"));
            lists = Some(serde_json::from_str(json).map_err(wrong)?);
        }
    }
    let lists = lists.unwrap_or_default();
    if lists.is_empty() || lists.len() != categorical.iter().filter(|mark| **mark).count() {
        return Ok(Vec::new());
    }
    let mut lists = lists.into_iter();
    let named = |mark: bool| if mark { lists.next().unwrap_or_default() } else { Vec::new() };
    let texts = |list: Vec<serde_json::Value>| list.iter().map(text).collect();
    Ok(categorical.into_iter().map(named).map(texts).collect())
}

/// A category as text: whole numbers without a point.
fn text(value: &serde_json::Value) -> String {
    match (value.as_str(), value.as_f64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(number)) => number.to_string(),
        (None, None) => value.to_string(),
    }
}

/// The same threshold for values as they come: LightGBM reads every value of [-[`ZERO`], [`ZERO`]] as 0, so that
/// a threshold in there has all of them on one side.
fn past_zero(threshold: f64) -> f64 {
    if (-ZERO..0.0).contains(&threshold) {
        (-ZERO).next_down()
    } else if (0.0..ZERO).contains(&threshold) {
        ZERO
    } else {
        threshold
    }
}

/// All trees, and whether the line that ends them was seen.
fn trees(lines: &mut Lines<'_>, first: Option<&str>, classes: usize) -> Result<(Vec<Tree>, bool)> {
    let mut trees = Vec::new();
    let mut next = first;
    while let Some(line) = next {
        if line == "end of trees" {
            return Ok((trees, true));
        }
        let block = Block::read(lines);
        let index = trees.len();
        if line.strip_prefix("Tree=").and_then(|number| number.trim().parse().ok()) != Some(index) {
            return Err(bad(format!("tree {index} is announced as `{line}`")));
        }
        let nodes = nodes(&block).map_err(|error| {
            let with_place = Error::new(error.kind(), format!("tree {index}: {}", error.message()));
            error.hint_text().map_or(with_place.clone(), |hint| with_place.hint(hint))
        })?;
        trees.push(Tree { output: (index % classes) as u32, nodes });
        next = block.next;
    }
    Ok((trees, false))
}

fn link(objective: &str) -> Result<Link> {
    let mut words = objective.split_ascii_whitespace();
    let name = words.next().unwrap_or("");
    let rest: Vec<&str> = words.collect();
    let sigmoid = || {
        let given = rest.iter().find_map(|word| word.strip_prefix("sigmoid:"));
        given.map_or(Ok(1.0), |number| number.parse().map_err(|_| bad(format!("`sigmoid` is `{number}`"))))
    };
    Ok(match name {
        "binary" | "multiclassova" => Link::Sigmoid(sigmoid()?),
        "cross_entropy" => Link::Sigmoid(1.0),
        "cross_entropy_lambda" => Link::SoftPlus,
        "multiclass" => Link::Softmax,
        "poisson" | "gamma" | "tweedie" => Link::Exp,
        _ if rest.contains(&"sqrt") => Link::SignedSquare,
        "" | "custom" | "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" | "lambdarank"
        | "rank_xendcg" => Link::Identity,
        other => return Err(unsupported(format!("unknown LightGBM objective `{other}`"))),
    })
}

/// The lines of the header or of a tree, by key.
struct Block<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    /// The header says that trees are averaged.
    averages: bool,
    /// The line that begins what follows: a tree or the end.
    next: Option<&'a str>,
}

impl<'a> Block<'a> {
    fn read(lines: &mut Lines<'a>) -> Self {
        let mut block = Block { pairs: Vec::new(), averages: false, next: None };
        for line in lines {
            let line = line.trim_end_matches('\r');
            if line.starts_with("Tree=") || line == "end of trees" {
                block.next = Some(line);
                break;
            }
            match line.split_once('=') {
                Some(pair) => block.pairs.push(pair),
                None => block.averages |= line == "average_output",
            }
        }
        block.pairs.sort_by_key(|pair| pair.0);
        block
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        let at = self.pairs.binary_search_by_key(&key, |pair| pair.0).ok()?;
        self.pairs.get(at).map(|pair| pair.1)
    }

    fn text(&self, key: &str) -> Result<&'a str> {
        self.get(key).ok_or_else(|| absent(&format!("`{key}`")))
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<T> {
        let text = self.text(key)?.trim();
        text.parse().map_err(|_| Error::new(ErrorKind::SchemaType, format!("`{key}` is `{}`", shortened(text))))
    }

    /// Exactly `count` numbers, or any number of them.
    fn numbers<T: FromStr>(&self, key: &str, count: Option<usize>) -> Result<Vec<T>> {
        let mut numbers = Vec::new();
        for word in self.text(key)?.split_ascii_whitespace() {
            let wrong = || Error::new(ErrorKind::SchemaType, format!("`{key}` holds `{}`", shortened(word)));
            numbers.push(word.parse().map_err(|_| wrong())?);
        }
        match count {
            Some(count) if count != numbers.len() => {
                Err(bad(format!("`{key}` holds {} numbers, not {count}", numbers.len())))
            }
            _ => Ok(numbers),
        }
    }

    /// `count` weights, where the file has them; what is no weight counts as 0.
    fn weights(&self, key: &str, count: usize) -> Result<Vec<f64>> {
        if self.get(key).is_none_or(str::is_empty) {
            return Ok(vec![0.0; count]);
        }
        let weights: Vec<f64> = self.numbers(key, Some(count))?;
        Ok(weights.into_iter().map(|x| if x.is_finite() { x.max(0.0) } else { 0.0 }).collect())
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The nodes of a tree: its inner nodes, then its leaves.
fn nodes(block: &Block<'_>) -> Result<Vec<Node>> {
    if block.get("is_linear").is_some_and(|flag| flag.trim() != "0") {
        return Err(unsupported("linear trees are not supported").hint("train with `linear_tree=false`"));
    }
    let values: Vec<f64> = block.numbers("leaf_value", None)?;
    let leaves: usize = block.number("num_leaves")?;
    if leaves == 0 || leaves != values.len() {
        return Err(bad(format!("`num_leaves` is {leaves}, and `leaf_value` holds {} numbers", values.len())));
    }
    let covers = block.weights("leaf_count", leaves)?;
    let leaf_nodes = values.iter().zip(&covers).map(|(value, cover)| Node::Leaf { value: *value, cover: *cover });
    let mut nodes = if leaves == 1 { Vec::new() } else { splits(block, leaves)? };
    nodes.extend(leaf_nodes);
    Ok(nodes)
}

/// The inner nodes of a tree of two leaves or more.
fn splits(block: &Block<'_>, leaves: usize) -> Result<Vec<Node>> {
    let count = leaves - 1;
    let features: Vec<u32> = block.numbers("split_feature", Some(count))?;
    let thresholds: Vec<f64> = block.numbers("threshold", Some(count))?;
    let decisions: Vec<u8> = block.numbers("decision_type", Some(count))?;
    let left: Vec<i64> = block.numbers("left_child", Some(count))?;
    let right: Vec<i64> = block.numbers("right_child", Some(count))?;
    let covers = block.weights("internal_count", count)?;
    let mut sets = Bitsets::read(block)?;
    let child = |number: i64| {
        // Leaf l is -l - 1, that is !l.
        let index = if number < 0 { (count as i64).checked_add(!number) } else { Some(number) };
        let child = index.and_then(|index| u32::try_from(index).ok());
        child.ok_or_else(|| bad(format!("child {number} of {count} splits")))
    };
    let mut nodes = Vec::with_capacity(2 * count + 1);
    for (index, decision) in decisions.iter().enumerate() {
        let categorical = decision & 1 == 1;
        let mode = match decision >> 2 & 3 {
            0 => MissingMode::None,
            1 => MissingMode::Zero,
            2 => MissingMode::Nan,
            _ => return Err(bad(format!("node {index} has decision type {decision}"))),
        };
        nodes.push(Node::Split {
            feature: features[index],
            test: if categorical { sets.test(thresholds[index])? } else { Test::AtMost(past_zero(thresholds[index])) },
            mode: if categorical { MissingMode::Nan } else { mode },
            missing_yes: !categorical && decision & 2 == 2,
            yes: child(left[index])?,
            no: child(right[index])?,
            cover: covers[index],
        });
    }
    Ok(nodes)
}

/// The bitsets of a tree's categorical splits.
struct Bitsets {
    boundaries: Vec<usize>,
    words: Vec<u32>,
    /// Words that were taken by a split.
    taken: usize,
}

impl Bitsets {
    fn read(block: &Block<'_>) -> Result<Self> {
        if block.get("num_cat").is_none_or(|count| count.trim() == "0") {
            return Ok(Bitsets { boundaries: Vec::new(), words: Vec::new(), taken: 0 });
        }
        let boundaries = block.numbers("cat_boundaries", None)?;
        Ok(Bitsets { boundaries, words: block.numbers("cat_threshold", None)?, taken: 0 })
    }

    /// The categories of one split. No two splits share words, so that what is read is no larger
    /// than the file.
    fn test(&mut self, index: f64) -> Result<Test> {
        let wrong = || bad(format!("no categories {index}"));
        let at = if index >= 0.0 && index < self.boundaries.len() as f64 { index as usize } else { usize::MAX };
        let (Some(start), Some(end)) = (self.boundaries.get(at), self.boundaries.get(at.saturating_add(1))) else {
            return Err(wrong());
        };
        let words = self.words.get(*start..*end).ok_or_else(wrong)?;
        self.taken += words.len();
        if self.taken > self.words.len() {
            return Err(bad("two splits share their categories"));
        }
        let mut categories = Vec::new();
        for (word, bits) in words.iter().enumerate() {
            categories.extend((0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| word as u32 * 32 + bit));
        }
        Ok(Test::OneOf(categories))
    }
}
