"""What goes with what and who is like whom, against pandas, scipy and scikit-learn, on real data."""

import os
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))
TRAITS = ["gender", "SeniorCitizen", "Partner", "InternetService", "OnlineSecurity", "Contract", "PaymentMethod", "tenure"]


def table(path: str, **how) -> pd.DataFrame:
    if not (DATA / path).exists():
        pytest.skip(f"{DATA / path} is not there")
    return pd.read_csv(DATA / path, **how)


@pytest.fixture(scope="module")
def telco() -> pd.DataFrame:
    return table("models/telco_churn/telco.csv.gz", dtype={"SeniorCitizen": str})


@pytest.fixture(scope="module")
def churn(telco) -> bt.Engine:
    """Telco's customers with their traits, and segments over some of them."""
    kinds = dict.fromkeys(TRAITS, "category") | {"Churn": "category", "tenure": "number", "lost": "bool", "MonthlyCharges": "number"}
    definition = bt.Definition.from_dict(
        {
            "trait": kinds,
            "segment": {
                "contract": {"axis": {"kind": {"of": "Contract"}}},
                "age": {"axis": {"tier": {"of": "tenure", "edges": [12, 48], "labels": ["new", "known", "old"]}}},
                "leaves": {"axis": {"leaf": {"of": "risk"}}},
                "micros": {"axis": {"micro": {"of": "micro"}}},
            },
            "micro": {"micro": {"of": ["contract", "age", "InternetService", "lost"], "minimum": 150}},
            "tree": {"risk": {"target": "lost", "of": ["gender", "tenure", "Contract", "MonthlyCharges", "InternetService"]}},
        }
    )
    engine = bt.Engine(definition)
    frame = telco[["customerID", *TRAITS, "Churn", "MonthlyCharges"]].rename(columns={"customerID": "customer"})
    frame = frame.assign(lost=telco.Churn == "Yes")
    frame.loc[frame.index[::100], "InternetService"] = None
    assert engine.identify(frame.assign(at="2024-01-01")).accepted == 7_043
    engine.fit()
    return engine


def test_cramers_v_of_contract_and_churn(churn, telco):
    stats = pytest.importorskip("scipy.stats")
    metrics = pytest.importorskip("sklearn.metrics")
    found = churn.associations("Churn", TRAITS).to_pandas().set_index("column")
    assert found.cramers_v["Contract"] == pytest.approx(0.41012, abs=5e-6)
    for name in [name for name in TRAITS if name != "tenure"]:
        labels = churn.score(columns=[name]).to_pandas()[name].array
        counts = pd.crosstab(telco.Churn.array, labels)
        theirs = stats.chi2_contingency(counts, correction=False)
        assert found.chi_squared[name] == pytest.approx(theirs.statistic, rel=1e-9)
        assert found.p_value[name] == pytest.approx(theirs.pvalue, rel=1e-6)
        assert found.cramers_v[name] == pytest.approx(stats.contingency.association(counts, "cramer"), rel=1e-9)
        assert found.mutual_information[name] == pytest.approx(metrics.mutual_info_score(None, None, contingency=counts.to_numpy()))
        assert (found.customers[name], found.labels[name]) == (counts.to_numpy().sum(), counts.shape[1])
    theirs = stats.false_discovery_control(found.p_value)
    assert found.q_value.to_numpy() == pytest.approx(theirs, rel=1e-9)
    # Gender has nothing to do with churn, and its corrected V says so.
    assert found.q_value["gender"] > 0.3 and found.cramers_v_corrected["gender"] == 0
    assert found.cramers_v_corrected["Contract"] == pytest.approx(0.4098, abs=1e-4)


def test_counts_of_lifts_are_those_of_a_crosstab(churn, telco):
    found = churn.lifts("contract", "PaymentMethod").to_pandas()
    counts = pd.crosstab(telco.Contract, telco.PaymentMethod)
    assert found.pivot(index="cell", columns="label", values="count").to_numpy().tolist() == counts.to_numpy().tolist()
    expected = counts.to_numpy() * counts.to_numpy().sum() / np.outer(counts.sum(axis=1), counts.sum(axis=0))
    assert found.lift.to_numpy() == pytest.approx(expected.ravel())
    assert ((found.lower < found.lift) & (found.lift < found.upper)).all()
    fisher = pytest.importorskip("scipy.stats").hypergeom
    for row in found.itertuples():
        margins = (len(telco), (telco.PaymentMethod == row.label).sum(), row.cell_size)
        # The tuple's third field; `row.count` is a method of tuples.
        tails = (fisher.cdf(row[3], *margins), fisher.sf(row[3] - 1, *margins))
        assert row.p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-6, abs=1e-250)


def test_a_trait_within_a_need(churn, telco):
    """Conditional lifts: one crosstab for each label of the column that comes first."""
    within = churn.lifts("age", "PaymentMethod", within="Contract").to_pandas()
    tier = pd.cut(telco.tenure, [-np.inf, 12, 48, np.inf], right=False, labels=["new", "known", "old"]).astype(str)
    for contract, rows in within.groupby("Contract"):
        own = telco[contract == telco.Contract]
        counts = pd.crosstab(tier[own.index], own.PaymentMethod)
        ours = rows.pivot(index="cell", columns="label", values="count")
        assert ours.to_numpy().tolist() == counts.loc[ours.index, ours.columns].to_numpy().tolist()
    assert set(within.Contract) == set(telco.Contract)
    found = churn.associations("Churn", ["PaymentMethod"], within="Contract").to_pandas()
    assert list(found.Contract) == sorted(set(telco.Contract)) and (found.q_value >= found.p_value).all()


def test_a_column_of_one_label_is_associated_with_nothing(churn):
    (alone,) = churn.associations("contract.kind", ["contract.kind"], within="contract")["cramers_v"][:1]
    assert alone is None
    with pytest.raises(bt.UnknownNameError, match="contrat"):
        churn.associations("contrat")
    with pytest.raises(bt.UnknownNameError, match="Two years"):
        churn.look_alikes("Contract", "Two years", ["tenure"])


def test_micro_segments_are_never_below_the_minimum(churn):
    cells = churn.segment("micros").to_pandas().set_index("cell")
    known = cells.drop(index="unknown", errors="ignore")
    assert len(known) > 10 and (known["size"] >= 150).all()
    assert known["size"].sum() == 7_043 - 71  # those without InternetService
    assert known.index.str.match(r"micro_\d+$").all() and known.title.is_unique
    check_rules(churn, "micros", known)


def test_leaves_of_a_tree_are_their_rules(churn, telco):
    cells = churn.segment("leaves").to_pandas().set_index("cell")
    assert len(cells) > 5 and cells["size"].sum() == 7_043 and (cells["size"] >= 50).all()
    check_rules(churn, "leaves", cells)
    found = churn.score(columns=["risk", "risk.expected", "risk.lower", "risk.upper"]).to_pandas().set_index("customer")
    rate = (telco.set_index("customerID").Churn == "Yes").groupby(found.risk).agg(["mean", "size"])
    ours = found.groupby("risk")["risk.expected"].first()
    assert ours.to_numpy() == pytest.approx(rate["mean"][ours.index].to_numpy())
    assert (found["risk.lower"] <= found["risk.expected"]).all() and (found["risk.expected"] <= found["risk.upper"]).all()
    assert not cells.rule.str.contains("gender").any()


def check_rules(engine, segment, cells):
    """Another engine with each rule as a segment of its own has the same members as the cell."""
    declared = engine.definition.to_dict()
    rules = {cell: {"rules": [{"label": "in", "when": rule}]} for cell, rule in cells.rule.items()}
    plain = {name: declared["segment"][name] for name in ("contract", "age")}
    other = bt.Engine(bt.Definition.from_dict({"trait": declared["trait"], "segment": plain | rules}))
    other.identify(engine.score(columns=list(declared["trait"])).to_pandas().assign(at="2024-01-01"))
    for cell, rule in cells.rule.items():
        assert other.members(cell, "in") == engine.members(segment, cell), rule


def test_rules_keep_their_ids_over_refits(churn):
    before = churn.segment("micros").to_dict()
    churn.fit()
    assert churn.segment("micros").to_dict() == before


@pytest.fixture(scope="module")
def bank() -> pd.DataFrame:
    contacts = table("campaigns/bank_marketing/bank-additional-full.csv.gz")
    # The duration of the call that is to be made is not known before it.
    return contacts.drop(columns="duration").sample(frac=1, random_state=1).reset_index(drop=True)


def lift_at_a_tenth(score, member) -> float:
    top = np.argsort(-score, kind="stable")[: len(score) // 10]
    return member[top].mean() / member.mean()


def test_look_alikes_of_bank_marketing(bank):
    """Half teaches, half tests; scikit-learn's logistic regression over the same columns, standardised and one-hot."""
    linear = pytest.importorskip("sklearn.linear_model")
    compose, pipeline, prepare = (pytest.importorskip(f"sklearn.{name}") for name in ("compose", "pipeline", "preprocessing"))
    metrics = pytest.importorskip("sklearn.metrics")
    member, bank = (bank.y == "yes").to_numpy(), bank.drop(columns="y")
    half = len(bank) // 2
    labels = [name for name in bank if bank[name].dtype.kind not in "if"]
    theirs = pipeline.make_pipeline(
        compose.make_column_transformer(
            (prepare.OneHotEncoder(handle_unknown="ignore"), labels), remainder=prepare.StandardScaler()
        ),
        linear.LogisticRegression(max_iter=2000),
    ).fit(bank[:half], member[:half])
    p = theirs.predict_proba(bank[half:])[:, 1]
    columns = {name: bank[name].tolist() for name in bank}
    ours = bt.segments.LookAlike().fit({name: values[:half] for name, values in columns.items()}, member[:half])
    q = ours.predict({name: values[half:] for name, values in columns.items()})
    test = member[half:]
    assert metrics.roc_auc_score(test, q) >= metrics.roc_auc_score(test, p) - 5e-4
    assert lift_at_a_tenth(q, test) >= lift_at_a_tenth(p, test) - 0.02
    assert metrics.roc_auc_score(test, q) > 0.78 and lift_at_a_tenth(q, test) > 4
    # Calibrated: mean probability and share of events agree in every tenth.
    order = np.argsort(q)
    for part in np.array_split(order, 10):
        assert q[part].mean() == pytest.approx(test[part].mean(), abs=0.03)


def test_newcomers_of_whom_only_traits_are_known(bank):
    """The same as a question to an engine: who has answered is in a cell, who was never asked has a probability at once."""
    bank = bank.head(6_000).assign(customer=np.arange(6_000))
    answers = bank.y.where(bank.index < 3_000)
    kinds = {"age": "number", "job": "category", "poutcome": "category", "euribor3m": "number", "answer": "category"}
    engine = bt.Engine(bt.Definition.from_dict({"trait": kinds}))
    engine.identify(bank.assign(answer=answers)[["customer", *kinds]].assign(at="2024-01-01"))
    found = engine.look_alikes("answer", "yes", ["age", "job", "poutcome", "euribor3m"]).to_pandas()
    assert set(found.customer) == set(bank.customer[(bank.index >= 3_000) | (bank.y == "no")])
    assert found.probability.is_monotonic_decreasing
    new = found[found.customer >= 3_000].set_index("customer").probability
    yes = (bank.y == "yes").to_numpy()[new.index]
    assert lift_at_a_tenth(new.to_numpy(), yes) > 2.5
    assert len(engine.look_alikes("answer", "yes", ["age"], n=7)) == 7
    with pytest.raises(bt.SchemaError, match="columns"):
        engine.look_alikes("answer", "yes", [])


def test_effects_of_hillstrom_by_segment():
    """Randomised mails: the overall effects are those of the experiment, and false findings are held over 9 segments."""
    stats = pytest.importorskip("scipy.stats")
    mails = table("campaigns/hillstrom/hillstrom.csv.gz")
    for arm, effect in (("Mens E-Mail", 0.0766), ("Womens E-Mail", 0.0452)):
        rows = mails[mails.segment.isin([arm, "No E-Mail"])]
        whole = bt.segments.effects(["all"] * len(rows), rows.segment == arm, rows.visit, randomised=True)
        assert whole.segments[0].verdict.value == pytest.approx(effect, abs=5e-5) and whole.segments[0].verdict.claim == "effect"
        groups = rows.channel + "/" + rows.zip_code
        found = bt.segments.effects(groups, rows.segment == arm, rows.visit, randomised=True)
        assert [one.segment for one in found.segments] == sorted(set(groups))
        for one in found.segments:
            own = rows[groups == one.segment]
            with_, without = (own.visit[(own.segment == arm) == flag] for flag in (True, False))
            assert one.means == pytest.approx((with_.mean(), without.mean())) and one.arms == (len(with_), len(without))
            # Agresti and Caffo: a success and a failure more in each arm.
            shares = [((arm.sum() + 1) / (len(arm) + 2), len(arm) + 2) for arm in (with_, without)]
            assert one.error == pytest.approx(np.sqrt(sum(share * (1 - share) / n for share, n in shares)), rel=1e-12)
            assert one.p_value == pytest.approx(2 * stats.norm.sf(abs(shares[0][0] - shares[1][0]) / one.error), rel=1e-6, abs=1e-300)
        q = stats.false_discovery_control([one.p_value for one in found.segments])
        assert [one.q_value for one in found.segments] == pytest.approx(q)
        assert [one.verdict.claim == "effect" for one in found.segments] == [value <= 0.05 for value in q]
    observed = bt.segments.effects(groups, rows.segment == arm, rows.visit, randomised=False)
    assert {one.verdict.claim for one in observed.segments} == {"cannot tell"}


def test_lifts_of_groceries():
    path = DATA / "purchases/groceries/groceries.txt"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    baskets = [set(line.split(",")) for line in path.read_text().splitlines()]
    assert len(baskets) == 9_835
    for item, other, lift in (
        ("whole milk", "other vegetables", 1.5136340948246207),
        ("root vegetables", "other vegetables", 2.2466049285887952),
    ):
        both = bt.segments.crosstab([item in basket for basket in baskets], [other in basket for basket in baskets])
        found = both.lift(True, True)
        assert found.lift == pytest.approx(lift) and found.interval[0] > 1


def test_what_each_community_of_lastfm_listens_to():
    """Lifts of artists by community against a count in pandas."""
    plays = table("social/lastfm2k/user_artists.csv.gz")
    ties = table("social/lastfm2k/user_friends.csv.gz")
    left, right = ties.columns[:2]
    edges = ties[ties[left] < ties[right]]
    graph = bt.graph.Graph.from_edges(edges[left].astype(str).tolist(), edges[right].astype(str).tolist())
    community = dict(zip(map(int, graph.ids), graph.leiden(seed=1).tolist(), strict=True))
    found = bt.segments.item_lifts(community, plays.user_id, plays.artist_id)
    mine = plays[plays.user_id.isin(community)].assign(community=lambda rows: rows.user_id.map(community))
    counts = mine.groupby(["community", "artist_id"]).user_id.nunique()
    assert len(found) == len(counts)
    sizes, items, total = pd.Series(community).value_counts(), mine.groupby("artist_id").user_id.nunique(), len(community)
    for (group, artist), count in counts.sample(500, random_state=1).items():
        lift = found[group, artist]
        assert lift.count == count
        assert lift.lift == pytest.approx(count * total / (sizes[group] * items[artist]))
    strong = [lift for lift in found.values() if lift.count >= 30 and lift.interval[0] > 1.5]
    assert len(strong) > 50 and all(lift.p_value < 1e-3 for lift in strong)


def test_a_market_has_no_members(churn, telco):
    """Aggregates alone: counts agree with pandas and with the customers' own segments, and no row has less than k."""
    found = churn.market(["Contract", "PaymentMethod"], ["tenure", "lost"], k=250)
    assert found.columns == ["Contract", "PaymentMethod", "customers", "tenure", "lost"]
    rows = found.to_pandas()
    groups = telco.groupby(["Contract", "PaymentMethod"])
    sizes, tenure, lost = groups.size(), groups.tenure.mean(), telco.Churn.eq("Yes").groupby([telco.Contract, telco.PaymentMethod]).mean()
    told, rest = rows[rows.Contract.notna()], rows[rows.Contract.isna()]
    small = sizes[sizes < 250]
    assert len(small) == 1 and len(rest) == 1
    # One alone is too few: the smallest of the others stands with it.
    pooled = sizes.sort_values().index[:2]
    assert len(told) == len(sizes) - 2 and rest.customers.item() == sizes[pooled].sum() >= 250
    for row in told.itertuples():
        where = (row.Contract, row.PaymentMethod)
        assert (row.customers, row.tenure, row.lost) == (sizes[where], pytest.approx(tenure[where]), pytest.approx(lost[where]))
    assert rows.customers.sum() == 7_043 == sum(churn.segment("contract")["size"]) and (rows.customers >= 250).all()
    assert churn.market(["Contract"], k=7_044)["customers"] == []
    with pytest.raises(bt.SchemaError):
        churn.market(["Contract"], k=1)
    with pytest.raises(bt.SchemaError, match="mean"):
        churn.market(["Contract"], ["gender"])


def test_persons_segments_and_everyone_on_ciao():
    """Of each user's reviews the first half teaches: whether the next finds a product excellent, by category."""
    reviews = table("social/ciao/reviews.csv.gz")
    user, category = "user_id", "category_id"
    reviews = reviews[reviews.rating > 0].sort_values([user, "ts"], kind="stable")
    best = reviews.rating == 5
    half = reviews.groupby(user).cumcount() * 2 < reviews.groupby(user).rating.transform("size")
    learnt = reviews[half].assign(best=best[half]).groupby([user, category]).best.agg(["sum", "size"]).reset_index()
    pooled = bt.segments.Pooled().fit(learnt[category], learnt["sum"], learnt["size"])
    known = {key: tuple(row) for key, row in learnt.set_index([user, category])[["sum", "size"]].iterrows()}
    test = reviews[~half].assign(best=best[~half]).head(60_000)
    place = list(zip(test[user], test[category], strict=True))
    unique = {key: pooled.estimate(key[1], *known.get(key, (0, 0))) for key in set(place)}
    rates = {
        "everyone": np.full(len(test), pooled.rate_),
        "segment": np.array([pooled.segment(key[1]) for key in place]),
        "person": np.array([unique[key].value for key in place]),
    }
    loss = {level: -np.where(test.best, np.log(rate), np.log1p(-rate)).mean() for level, rate in rates.items()}
    assert loss["person"] < loss["segment"] < loss["everyone"]
    assert {one.level for one in unique.values()} >= {"segment", "person"}


def test_what_contract_and_use_add_to_tenure(churn, telco):
    """The gain of groups of columns, as scikit-learn has it with the same models on parts of its own."""
    linear = pytest.importorskip("sklearn.linear_model")
    select = pytest.importorskip("sklearn.model_selection")
    metrics = pytest.importorskip("sklearn.metrics")
    groups = {"tenure": ["tenure"], "contract": ["Contract", "PaymentMethod"], "gender": ["gender"]}
    found = churn.ablate("lost", groups)
    assert list(found) == ["contract", "gender"]
    assert found["contract"]["auc"].claim == found["contract"]["log_loss"].claim == "effect"
    assert found["gender"]["auc"].claim == "no evidence" or abs(found["gender"]["auc"].value) < 2e-3
    y = (telco.Churn == "Yes").to_numpy()
    scale = ((telco[["tenure"]] - telco.tenure.mean()) / telco.tenure.std()).to_numpy()
    more = np.hstack([scale, pd.get_dummies(telco[["Contract", "PaymentMethod"]]).to_numpy(dtype=float)])
    folds = select.StratifiedKFold(5, shuffle=True, random_state=0)
    p = [
        select.cross_val_predict(linear.LogisticRegression(max_iter=1000), x, y, cv=folds, method="predict_proba")[:, 1]
        for x in (scale, more)
    ]
    assert found["contract"]["auc"].value == pytest.approx(metrics.roc_auc_score(y, p[1]) - metrics.roc_auc_score(y, p[0]), abs=3e-3)
    assert found["contract"]["log_loss"].value == pytest.approx(metrics.log_loss(y, p[0]) - metrics.log_loss(y, p[1]), abs=3e-3)
    low, high = found["contract"]["auc"].interval
    assert low < found["contract"]["auc"].value < high and high - low < 0.02
    for wrong in ({"tenure": ["tenure"]}, {"tenure": ["tenure"], "none": []}):
        with pytest.raises(bt.SchemaError):
            churn.ablate("lost", wrong)
    with pytest.raises(bt.SchemaError, match="flag"):
        churn.ablate("tenure", groups)


JOURNEY = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
occasion = "basket_id"
amount   = "sales_value"
need     = "department"

[trait]
returned = "bool"

[feature.orders]
count = "occasion"
on    = "purchase"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "90d"

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"

[needs.basket]
topics    = 4
half_life = "180d"
"""


def test_what_needs_add_to_transactions_on_complete_journey():
    """Who buys in the last two months, told by what was known on the first of November: transactions, then needs."""
    metrics = pytest.importorskip("sklearn.metrics")
    lines = pd.read_csv(ROOT / "python/bactrian/data/complete_journey_lines.csv.gz", dtype={"basket_id": str})
    at = pd.to_datetime(lines.transaction_timestamp)
    cut = pd.Timestamp("2017-11-01")
    engine = bt.Engine(bt.Definition.from_toml(JOURNEY))
    engine.observe(lines[at < cut], kind="purchase")
    engine.fit()
    engine.observe(lines[at >= cut], kind="purchase")
    known = sorted(set(lines.household_id[at < cut]))
    later = set(lines.household_id[at >= cut])
    engine.identify({"customer": known, "returned": [household in later for household in known]})
    transactions = ["orders", "spend", "rfm.recency"]
    needs = [f"basket.topic_{topic}" for topic in range(1, 5)] + ["basket.entropy"]
    found = engine.ablate("returned", {"transactions": transactions, "needs": needs, "luck": ["basket.evidence"]}, at=cut)
    assert list(found) == ["needs", "luck"]
    for group in found.values():
        for worth, verdict in zip((0.001, 0.002), (group["log_loss"], group["auc"]), strict=True):
            low, high = verdict.interval
            assert verdict.n == len(known) and low < verdict.value < high
            assert verdict.claim == ("effect" if low > 0 and verdict.value >= worth else "no evidence")
    # What is read is what was known then: an engine that was fed nothing later has the same rows.
    early = engine.training_set(cut, columns=transactions, customers=known).to_pandas()
    assert metrics.roc_auc_score([household in later for household in early.customer], -early["rfm.recency"]) > 0.6
