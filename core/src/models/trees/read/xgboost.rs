//! The JSON that XGBoost writes (`save_model("model.json")`): versions 1.0 to 3.2, `gbtree` and
//! `dart`.
//!
//! Scores are f32: a row goes left where its value, as f32, is less than `split_conditions`; the
//! trees' leaves are added, in order, to the base score. A leaf has no children, and its value in
//! `split_conditions`. A categorical split sends the categories that it lists right, all others
//! left, and NaN by `default_left`. `base_score` is one number or, from 3.1 on, one a class, on the
//! scale of predictions. With `dart`, each leaf is multiplied by its tree's `weight_drop`.

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, de::IgnoredAny};

use super::logf::logf;
use super::{absent, named, unsupported};
use crate::base::{Error, ErrorKind, Result};
use crate::models::trees::link::Link;
use crate::models::trees::parts::{Best, MissingMode, Node, Parts, Precision, Test, Tree, bad};

#[derive(Deserialize)]
struct File {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Booster,
    learner_model_param: Shape,
    objective: Objective,
    #[serde(default)]
    attributes: Attributes,
}

/// What early stopping leaves behind.
#[derive(Deserialize, Default)]
struct Attributes {
    #[serde(default)]
    best_iteration: Option<String>,
}

#[derive(Deserialize)]
struct Shape {
    base_score: String,
    num_class: String,
    num_feature: String,
    #[serde(default)]
    num_target: Option<String>,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    #[serde(default)]
    model: Option<Model>,
    #[serde(default)]
    gbtree: Option<Inner>,
    #[serde(default)]
    weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
struct Inner {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    gbtree_model_param: Option<Rounds>,
    #[serde(default)]
    tree_info: Vec<u32>,
    #[serde(default)]
    trees: Option<Vec<JsonTree>>,
    #[serde(default)]
    cats: Cats,
    /// What a linear booster has instead of trees.
    #[serde(default, rename = "weights")]
    _weights: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Rounds {
    #[serde(default)]
    num_parallel_tree: Option<String>,
}

/// The categories of the frame that the model was trained on, from version 3.1 on: of each feature none, or
/// numbers, or texts, the bytes of the i-th from `offsets[i]` to `offsets[i + 1]` of `values`.
#[derive(Deserialize, Default)]
struct Cats {
    #[serde(default)]
    enc: Vec<Encoding>,
}

#[derive(Deserialize)]
struct Encoding {
    #[serde(default)]
    offsets: Option<Vec<usize>>,
    #[serde(default)]
    values: Vec<serde_json::Number>,
}

#[derive(Deserialize)]
struct JsonTree {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<u32>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    sum_hessian: Vec<f64>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<i64>,
    #[serde(default)]
    categories_nodes: Vec<u32>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
    tree_param: TreeParam,
}

#[derive(Deserialize)]
struct TreeParam {
    #[serde(default)]
    size_leaf_vector: Option<String>,
}

/// `true`, `false`, 1 or 0: versions differ.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Flag;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("true, false, 1 or 0")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> std::result::Result<Flag, E> {
                Ok(Flag(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<Flag, E> {
                Ok(Flag(value != 0))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// Reads a model.
pub(in crate::models::trees) fn xgboost(json: &[u8]) -> Result<Parts> {
    let file: File = serde_json::from_slice(json).map_err(|error| {
        let kind = if error.is_eof() { ErrorKind::SchemaMissing } else { ErrorKind::SchemaType };
        Error::new(kind, format!("not an XGBoost model: {error}"))
    })?;
    let learner = file.learner;
    let shape = &learner.learner_model_param;
    let targets = shape.num_target.as_deref().map_or(Ok(1), |text| count(text, "num_target"))?.max(1);
    let outputs = count(&shape.num_class, "num_class")?.max(1).saturating_mul(targets);
    let (link, scale) = objective(&learner.objective.name)?;
    let base = base_score(&shape.base_score, outputs, scale)?;
    let features = named(learner.feature_names, count(&shape.num_feature, "num_feature")?)?;
    let booster = learner.gradient_booster;
    if booster.name == "gblinear" {
        return Err(unsupported("a linear XGBoost booster has no trees"));
    }
    let model = booster.model.or_else(|| booster.gbtree.map(|inner| inner.model)).ok_or_else(|| absent("`model`"))?;
    let trees = trees(&model, &booster.weight_drop, outputs)?;
    let categories = categories(&model.cats, features.len())?;
    let (inputs, sums) = (Precision::Single, Precision::Single);
    let best = best(learner.attributes.best_iteration.as_deref(), &model, outputs, trees.len());
    Ok(Parts { features, categories, trees, base, divisor: 1.0, inputs, sums, link, best })
}

/// The round at which early stopping found the model best, and the trees up to its end; of a model that was cut
/// shorter, all. Attributes are free text: what is no round names none.
fn best(iteration: Option<&str>, model: &Model, outputs: usize, trees: usize) -> Option<Best> {
    let iteration: usize = iteration?.trim().parse().ok()?;
    let parallel = model.gbtree_model_param.as_ref().and_then(|rounds| rounds.num_parallel_tree.as_deref());
    let parallel: usize = parallel.map_or(Some(1), |text| text.trim().parse().ok())?;
    let until = iteration.saturating_add(1).saturating_mul(parallel.max(1)).saturating_mul(outputs);
    (trees > 0).then_some(Best { iteration, trees: until.min(trees) })
}

/// The names of each feature's categories, in the order of their codes.
fn categories(cats: &Cats, features: usize) -> Result<Vec<Vec<String>>> {
    if cats.enc.iter().all(|encoding| encoding.values.is_empty()) {
        return Ok(Vec::new());
    }
    if cats.enc.len() != features {
        return Err(bad(format!("`cats` holds the categories of {} features, not {features}", cats.enc.len())));
    }
    let name = |(feature, encoding): (usize, &Encoding)| {
        encoding.names().ok_or_else(|| bad(format!("the categories of feature {feature} do not fit together")))
    };
    cats.enc.iter().enumerate().map(name).collect()
}

impl Encoding {
    /// None, too, where a text goes beyond ASCII: XGBoost 3.1 and 3.2 count the characters of a text and not its
    /// bytes, so that the texts are cut in pieces, which may well be texts too; the names are lost.
    fn names(&self) -> Option<Vec<String>> {
        let Some(offsets) = &self.offsets else {
            return Some(self.values.iter().map(serde_json::Number::to_string).collect());
        };
        let byte = |number: &serde_json::Number| Some(number.as_i64()?.rem_euclid(256) as u8);
        let bytes: Vec<u8> = self.values.iter().map(byte).collect::<Option<_>>()?;
        let texts = offsets.windows(2).map(|pair| bytes.get(pair[0]..pair[1]));
        let texts: Vec<&[u8]> = texts.collect::<Option<_>>()?;
        if !bytes.is_ascii() {
            return Some(Vec::new());
        }
        Some(texts.into_iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
    }
}

fn count(text: &str, key: &str) -> Result<usize> {
    text.trim().parse().map_err(|_| Error::new(ErrorKind::SchemaType, format!("`{key}` is `{text}`")))
}

/// From the base score, as it stands in the file, to a margin.
#[derive(Clone, Copy)]
enum BaseScale {
    Margin,
    Logit,
    Log,
}

fn objective(name: &str) -> Result<(Link, BaseScale)> {
    Ok(match name {
        "binary:logistic" | "reg:logistic" => (Link::Sigmoid(1.0), BaseScale::Logit),
        "binary:logitraw" => (Link::Identity, BaseScale::Margin),
        "binary:hinge" => (Link::Step, BaseScale::Margin),
        "multi:softprob" | "multi:softmax" => (Link::Softmax, BaseScale::Margin),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => (Link::Exp, BaseScale::Log),
        "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:pseudohubererror"
        | "reg:absoluteerror"
        | "reg:quantileerror"
        | "rank:pairwise"
        | "rank:ndcg"
        | "rank:map" => (Link::Identity, BaseScale::Margin),
        other => return Err(unsupported(format!("unknown XGBoost objective `{other}`"))),
    })
}

/// The margin that each output starts from, each step in f32 as XGBoost takes it, with glibc's logarithm: on
/// a system whose `logf` rounds otherwise, XGBoost's own base may be one step of f32 away.
fn base_score(text: &str, outputs: usize, scale: BaseScale) -> Result<Vec<f64>> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    let parse = |word: &str| {
        let number = word.trim().parse::<f32>();
        number.map_err(|_| Error::new(ErrorKind::SchemaType, format!("`base_score` is `{text}`")))
    };
    let given: Vec<f32> = inner.split(',').map(parse).collect::<Result<_>>()?;
    if given.len() != 1 && given.len() != outputs {
        return Err(bad(format!("`base_score` holds {} numbers for {outputs} outputs", given.len())));
    }
    if outputs > 1 << 16 {
        return Err(bad(format!("a model of {outputs} outputs")));
    }
    let margin = |score: f32| match scale {
        BaseScale::Margin => f64::from(score),
        BaseScale::Logit => -f64::from(logf(1.0 / score - 1.0)),
        BaseScale::Log => f64::from(logf(score)),
    };
    Ok(given.iter().cycle().take(outputs).map(|score| margin(*score)).collect())
}

fn trees(model: &Model, weights: &[f32], outputs: usize) -> Result<Vec<Tree>> {
    let trees = model.trees.as_deref().ok_or_else(|| absent("`trees`"))?;
    if !weights.is_empty() && weights.len() != trees.len() {
        return Err(bad(format!("`weight_drop` holds {} numbers for {} trees", weights.len(), trees.len())));
    }
    if model.tree_info.len() != trees.len() && (outputs > 1 || !model.tree_info.is_empty()) {
        return Err(bad(format!("`tree_info` holds {} numbers for {} trees", model.tree_info.len(), trees.len())));
    }
    if trees.len() % outputs != 0 {
        return Err(bad(format!("{} trees are no whole number of rounds of {outputs}", trees.len())));
    }
    let mut result = Vec::with_capacity(trees.len());
    for (index, tree) in trees.iter().enumerate() {
        let weight = weights.get(index).copied().unwrap_or(1.0);
        let nodes = nodes(tree, weight)
            .map_err(|error| Error::new(error.kind(), format!("tree {index}: {}", error.message())))?;
        result.push(Tree { output: model.tree_info.get(index).copied().unwrap_or(0), nodes });
    }
    Ok(result)
}

fn nodes(tree: &JsonTree, weight: f32) -> Result<Vec<Node>> {
    if tree.tree_param.size_leaf_vector.as_deref().is_some_and(|size| size.trim() != "0" && size.trim() != "1") {
        let error = unsupported("leaves of several outputs are not supported");
        return Err(error.hint("train with `multi_strategy=\"one_output_per_tree\"`"));
    }
    let count = tree.left_children.len();
    let lengths = [
        tree.right_children.len(),
        tree.split_indices.len(),
        tree.split_conditions.len(),
        tree.default_left.len(),
        tree.sum_hessian.len(),
        if tree.split_type.is_empty() { count } else { tree.split_type.len() },
    ];
    if lengths.iter().any(|length| *length != count) {
        return Err(bad("the arrays of the nodes differ in length"));
    }
    let mut sets = sets(tree)?;
    let mut nodes = Vec::with_capacity(count);
    for index in 0..count {
        let cover = tree.sum_hessian[index];
        let cover = if cover.is_finite() { cover.max(0.0) } else { 0.0 };
        let (left, right) = (tree.left_children[index], tree.right_children[index]);
        let condition = tree.split_conditions[index];
        if left == -1 {
            nodes.push(Node::Leaf { value: f64::from(condition * weight), cover });
            continue;
        }
        let child = |number: i64| u32::try_from(number).map_err(|_| bad(format!("child {number} of node {index}")));
        let (left, right) = (child(left)?, child(right)?);
        let to_left = tree.default_left[index].0;
        let categorical = tree.split_type.get(index).is_some_and(|kind| *kind == 1);
        // A category that is listed answers yes, and yes is right.
        let (yes, no) = if categorical { (right, left) } else { (left, right) };
        let test = if categorical {
            Test::OneOf(sets.get_mut(index).map(std::mem::take).unwrap_or_default())
        } else {
            // x < t for f32 is x <= the number before t.
            Test::AtMost(f64::from(condition.next_down()))
        };
        let feature = tree.split_indices[index];
        let missing_yes = to_left != categorical;
        nodes.push(Node::Split { feature, test, mode: MissingMode::Nan, missing_yes, yes, no, cover });
    }
    Ok(nodes)
}

/// The categories of each node; nothing where no node has any.
fn sets(tree: &JsonTree) -> Result<Vec<Vec<u32>>> {
    if tree.categories_nodes.is_empty() {
        return Ok(Vec::new());
    }
    let (segments, sizes) = (&tree.categories_segments, &tree.categories_sizes);
    if segments.len() != tree.categories_nodes.len() || sizes.len() != segments.len() {
        return Err(bad("the arrays of the categories differ in length"));
    }
    let mut sets = vec![Vec::new(); tree.left_children.len()];
    let mut total = 0_usize;
    for ((node, start), size) in tree.categories_nodes.iter().zip(segments).zip(sizes) {
        total = total.saturating_add(*size);
        let listed = start.checked_add(*size).and_then(|end| tree.categories.get(*start..end));
        let (Some(listed), Some(set)) = (listed, sets.get_mut(*node as usize)) else {
            return Err(bad(format!("no categories for node {node}")));
        };
        // Segments do not overlap, so that sets together are no larger than the file.
        if total > tree.categories.len() {
            return Err(bad("the categories of nodes overlap"));
        }
        let category = |number: &i64| u32::try_from(*number).map_err(|_| bad(format!("category {number}")));
        *set = listed.iter().map(category).collect::<Result<_>>()?;
        set.sort_unstable();
        set.dedup();
    }
    Ok(sets)
}
