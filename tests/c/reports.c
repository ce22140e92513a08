/* What calls give back: reports, decisions, explanations, fits, lists, and what stands in them. */
#include "check.h"

static void crossings_and_decisions(const bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_field consent = bactrian_field_flag("consent", 1);
    bactrian_report *report = NULL;
    const bactrian_crossing *crossing;
    const bactrian_taken_decision *taken;

    OK(buy(engine, &anna, 8.0, 0, &report));
    CHECK(bactrian_report_accepted(report) == 1 && bactrian_report_reject_count(report) == 0);
    CHECK(bactrian_report_duplicates(report) == 0 && bactrian_report_late(report) == 0);
    CHECK(bactrian_report_crossing_count(report) == 1);
    crossing = bactrian_report_crossing(report, 0);
    CHECK(crossing->customer.length == 4 && crossing->at == 0);
    SAME(crossing->customer.text, "anna");
    SAME(crossing->segment, "value");
    SAME(crossing->to, "low");
    SAME(crossing->cause, "event");
    CHECK(bactrian_report_crossing(report, 1) == NULL);
    bactrian_report_free(report);

    OK(bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, &consent, 1, NULL));
    OK(buy(engine, &anna, 500.0, DAY, &report));
    CHECK(bactrian_report_crossing_count(report) == 1 && bactrian_report_decision_count(report) == 1);
    SAME(bactrian_report_crossing(report, 0)->to, "high");
    taken = bactrian_report_decision(report, 0);
    SAME(taken->customer.text, "anna");
    CHECK(taken->at == DAY);
    SAME(bactrian_decision_action(taken->decision), "thanks");
    CHECK(bactrian_report_decision(report, 1) == NULL);
    bactrian_report_free(report);
}

static void decisions(const bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_decision *looked = NULL, *decided = NULL;
    const bactrian_loser *loser;
    uint64_t id;
    size_t i, losers;

    ask.dry = 1;
    OK(bactrian_engine_decide_with(engine, &anna, &ask, &looked));
    OK(bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, &decided));
    CHECK(bactrian_decision_id(looked) == bactrian_decision_id(decided)); /* looking changed nothing */
    id = bactrian_decision_id(decided);
    SAME(bactrian_decision_action(decided), "thanks");
    CHECK(bactrian_decision_priority(decided) > 0.05);
    CHECK(bactrian_decision_factor_count(decided) >= 2);
    CHECK(strlen(bactrian_decision_factor(decided, 0)->name) > 0);
    CHECK(strlen(bactrian_decision_factor(decided, 0)->value) > 0);
    CHECK(bactrian_decision_factor(decided, bactrian_decision_factor_count(decided)) == NULL);
    losers = bactrian_decision_loser_count(decided);
    CHECK(losers == 1);
    loser = bactrian_decision_loser(decided, 0);
    SAME(loser->action, "hello");
    CHECK(loser->reason == BACTRIAN_REASON_LOWER_PRIORITY && strlen(loser->why) > 0);
    for (i = 0; i < bactrian_decision_loser_read_count(decided, 0); i++)
        CHECK(strlen(bactrian_decision_loser_read(decided, 0, i)->name) > 0);
    CHECK(bactrian_decision_loser_read(decided, 0, i) == NULL && bactrian_decision_loser(decided, losers) == NULL);
    bactrian_decision_free(looked);
    bactrian_decision_free(decided);

    /* Two contacts in seven days are the cap: from now on there is silence. */
    OK(bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, &decided));
    CHECK(bactrian_decision_action(decided) == NULL && bactrian_decision_id(decided) != id);
    CHECK(bactrian_decision_loser_count(decided) == 2 && bactrian_decision_factor_count(decided) == 0);
    CHECK(bactrian_decision_loser(decided, 0)->reason == BACTRIAN_REASON_CONTACT_CAP);
    bactrian_decision_free(decided);
}

static void explanations(const bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna"), ben = bactrian_id_text("ben");
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_explanation *explanation = NULL;
    bactrian_ids *peers = NULL;
    bactrian_seed_ask ask = BACTRIAN_SEED_ASK_INIT;
    bactrian_spread spread;
    struct ArrowArrayStream stream;
    double sum = 0.0;
    size_t i;

    event.kind = "message";
    event.customer = &anna;
    event.peer = &ben;
    event.at = 2 * DAY;
    OK(bactrian_engine_observe(engine, &event, NULL));
    event.customer = &ben;
    event.peer = &anna;
    event.at += 60000000;
    OK(bactrian_engine_observe(engine, &event, NULL));

    OK(bactrian_engine_explain(engine, &ben, "warmth", &anna, BACTRIAN_NOW, &explanation));
    CHECK(isnan(bactrian_explanation_value(explanation))); /* a score that needs a fit is unknown before it */
    bactrian_explanation_free(explanation);
    OK(bactrian_engine_fit(engine, NULL, 0, NULL));
    OK(bactrian_engine_explain(engine, &ben, "warmth", &anna, BACTRIAN_NOW, &explanation));
    for (i = 0; i < bactrian_explanation_part_count(explanation); i++) {
        sum += bactrian_explanation_part(explanation, i)->value;
        CHECK(strlen(bactrian_explanation_part(explanation, i)->name) > 0);
    }
    CHECK(i > 0 && fabs(sum - bactrian_explanation_value(explanation)) < 1e-9);
    CHECK(bactrian_explanation_part(explanation, i) == NULL);
    CHECK(bactrian_explanation_moment(explanation) == event.at);
    CHECK(bactrian_explanation_evidence_count(explanation) > 0);
    CHECK(strlen(bactrian_explanation_evidence(explanation, 0)->name) > 0);
    bactrian_explanation_free(explanation);

    OK(bactrian_engine_peers(engine, &anna, "talk", &peers));
    CHECK(bactrian_ids_count(peers) == 1 && bactrian_ids_at(peers, 1) == NULL);
    SAME(bactrian_ids_at(peers, 0)->text, "ben");
    bactrian_ids_free(peers);
    FAILS(bactrian_engine_peers(engine, &anna, "tlak", &peers), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_seeds(engine, &ask, &spread, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    ask.count = 1;
    OK(bactrian_engine_seeds(engine, &ask, &spread, &stream));
    CHECK(spread.lower <= spread.spread && spread.spread <= spread.upper && spread.spread >= 1.0);
    stream.release(&stream);
    OK(bactrian_engine_ties(engine, &anna, NULL, &stream));
    stream.release(&stream);
    FAILS(bactrian_engine_influence(engine, "purchase", NULL, "tlak", 0, 0, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_influence(engine, "purchase", NULL, "talk", -1, 0, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    OK(bactrian_engine_influence(engine, "purchase", NULL, "talk", 0, 0, &stream));
    stream.release(&stream);
    FAILS(bactrian_engine_recommend(engine, &anna, 3, NULL, NULL, &stream), BACTRIAN_STATUS_SCHEMA_MISSING);
    FAILS(bactrian_engine_route(engine, "tea", &anna, NULL, NULL, &stream), BACTRIAN_STATUS_SCHEMA_MISSING);
}

static void what_an_engine_is(const bactrian_engine *engine) {
    bactrian_definition *definition = NULL, *again = NULL;
    bactrian_column_list *columns = NULL;
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    bactrian_ids *members = NULL;
    bactrian_fit_report *fit = NULL;
    const char *names[] = {"value"};
    bactrian_reader *reader = NULL;
    bactrian_id anna = bactrian_id_text("anna");
    int64_t now;
    double key;
    char text[8] = "-------", cut[3];
    size_t i, length;
    bactrian_memory_parts *parts = NULL;

    OK(bactrian_engine_memory(engine, &parts));
    CHECK(bactrian_memory_parts_count(parts) > 5 && bactrian_memory_parts_at(parts, 0)->bytes > 0);
    for (i = 0; i < bactrian_memory_parts_count(parts); i++) {
        const bactrian_memory_part *part = bactrian_memory_parts_at(parts, i);
        CHECK(part->bytes_per_customer == (double)part->bytes / 2.0); /* of two customers */
    }
    CHECK(strlen(bactrian_memory_parts_at(parts, 0)->name) > 0);
    CHECK(bactrian_memory_parts_at(parts, bactrian_memory_parts_count(parts)) == NULL);
    bactrian_memory_parts_free(parts);
    OK(bactrian_engine_now(engine, &now));
    OK(bactrian_engine_stats(engine, &stats));
    CHECK(stats.now == now && stats.customers == 2 && stats.events > 4 && stats.records > 4 && stats.bytes > 0);
    CHECK(stats.struct_size == sizeof stats && stats.late == 0);

    OK(bactrian_engine_definition(engine, &definition));
    CHECK(strlen(bactrian_definition_fingerprint(definition)) == 16);
    OK(bactrian_definition_from_json(bactrian_definition_json(definition), &again));
    SAME(bactrian_definition_fingerprint(again), bactrian_definition_fingerprint(definition));
    bactrian_definition_free(again);
    OK(bactrian_definition_from_toml(bactrian_definition_toml(definition), &again));
    SAME(bactrian_definition_fingerprint(again), bactrian_definition_fingerprint(definition));
    bactrian_definition_free(again);
    bactrian_definition_free(definition);

    OK(bactrian_engine_columns(engine, &columns));
    for (i = 0; i < bactrian_column_list_count(columns); i++) {
        const bactrian_column_info *column = bactrian_column_list_at(columns, i);
        if (strcmp(column->name, "warmth") == 0) CHECK(column->toward == 1);
        if (strcmp(column->name, "spend") == 0) CHECK(column->toward == 0);
    }
    CHECK(i >= 4 && bactrian_column_list_at(columns, i) == NULL);
    bactrian_column_list_free(columns);

    OK(bactrian_engine_members(engine, "value", "high", &members));
    CHECK(bactrian_ids_count(members) == 1);
    SAME(bactrian_ids_at(members, 0)->text, "anna");
    bactrian_ids_free(members);

    OK(bactrian_reader_prepare(engine, names, 1, &reader));
    CHECK(bactrian_reader_columns(reader) == 1);
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, &key));
    OK(bactrian_engine_key_text(engine, key, text, sizeof text, &length));
    SAME(text, "high");
    CHECK(length == 4);
    OK(bactrian_engine_key_text(engine, key, cut, sizeof cut, &length));
    SAME(cut, "hi");
    CHECK(length == 4);
    OK(bactrian_engine_key_text(engine, key, NULL, 0, &length));
    OK(bactrian_engine_key_text(engine, NAN, text, sizeof text, NULL));
    SAME(text, "");
    bactrian_reader_free(reader);

    OK(bactrian_engine_fit(engine, NULL, 0, &fit));
    CHECK(bactrian_fit_report_moment(fit) == now && bactrian_fit_report_moved(fit) == 0);
    for (i = 0; i < bactrian_fit_report_column_count(fit); i++)
        CHECK(strlen(bactrian_fit_report_column(fit, i)->name) > 0);
    CHECK(bactrian_fit_report_column(fit, i) == NULL && bactrian_fit_report_figure(fit, i, 0) == NULL);
    CHECK(bactrian_fit_report_verdict(fit, i, 0) == NULL);
    bactrian_fit_report_free(fit);
}

static void changes(const bactrian_engine *engine) {
    const char *names[] = {"spend", "consent", "city", "value"};
    bactrian_definition *definition = NULL;
    bactrian_redefine_report *report = NULL;
    bactrian_id anna = bactrian_id_text("anna"), ben = bactrian_id_text("ben");
    bactrian_reader *reader = NULL;
    uint32_t types[4];
    double values[4];
    char text[4096];

    OK(bactrian_reader_prepare(engine, names, 4, &reader));
    OK(bactrian_reader_types(reader, types));
    CHECK(types[0] == BACTRIAN_TYPE_NUMBER && types[1] == BACTRIAN_TYPE_FLAG);
    CHECK(types[2] == BACTRIAN_TYPE_TEXT && types[3] == BACTRIAN_TYPE_TEXT);

    CHECK(snprintf(text, sizeof text, "%s[feature.visits]\ncount = \"event\"\non = \"purchase\"\n", SHOP) <
          (int)sizeof text);
    OK(bactrian_definition_from_toml(text, &definition));
    OK(bactrian_engine_redefine(engine, definition, &report));
    CHECK(bactrian_redefine_report_added_count(report) == 1 && bactrian_redefine_report_removed_count(report) == 0);
    SAME(bactrian_redefine_report_added(report, 0), "visits");
    CHECK(bactrian_redefine_report_added(report, 1) == NULL && bactrian_redefine_report_moved(report) == 0);
    CHECK(bactrian_redefine_report_begun_count(report) == 0 && bactrian_redefine_report_begun(report, 0) == NULL);
    CHECK(bactrian_redefine_report_since(report) == BACTRIAN_NOW && bactrian_redefine_report_unread_count(report) == 0);
    CHECK(bactrian_redefine_report_unread(report, 0) == NULL);
    bactrian_redefine_report_free(report);
    bactrian_reader_free(reader);
    names[0] = "visits";
    OK(bactrian_reader_prepare(engine, names, 1, &reader));
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values));
    CHECK(values[0] == 2.0); /* back-filled from the journal */

    OK(buy(engine, &ben, 8.0, 3 * DAY, NULL));
    OK(bactrian_engine_merge(engine, &anna, &ben));
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values));
    OK(bactrian_reader_read(reader, &ben, NULL, BACTRIAN_NOW, values + 1));
    CHECK(values[0] == 3.0 && values[1] == 3.0); /* both ids are one customer */
    bactrian_reader_free(reader);
    bactrian_definition_free(definition);
    OK(bactrian_engine_checkpoint(engine));
}

/* Under `keep` a column that is added knows what is left; records of a kind that is gone are counted. */
static void what_is_not_known(void) {
    const char *path = scratch("kept.bactrian");
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    bactrian_redefine_report *report = NULL;
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_event visit = BACTRIAN_EVENT_INIT;
    int64_t day;

    OK(bactrian_definition_from_toml("[time]\nkeep = \"3d\"\n[event.purchase]\ncustomer = \"customer\"\n"
                                     "amount = \"amount\"\n[event.visit]\ncustomer = \"customer\"\n"
                                     "[feature.orders]\ncount = \"event\"\non = \"purchase\"\n",
                                     &definition));
    OK(bactrian_engine_open(path, definition, NULL, &engine));
    bactrian_definition_free(definition);
    for (day = 0; day < 10; day++) OK(buy(engine, &anna, 8.0, day * DAY, NULL));
    visit.kind = "visit";
    visit.customer = &anna;
    visit.at = 9 * DAY;
    OK(bactrian_engine_observe(engine, &visit, NULL));
    OK(bactrian_engine_checkpoint(engine));
    OK(bactrian_definition_from_toml("[time]\nkeep = \"3d\"\n[event.purchase]\ncustomer = \"customer\"\n"
                                     "amount = \"amount\"\n[feature.orders]\ncount = \"event\"\non = \"purchase\"\n"
                                     "[feature.spend]\nsum = \"amount\"\non = \"purchase\"\n",
                                     &definition));
    OK(bactrian_engine_redefine(engine, definition, &report));
    CHECK(bactrian_redefine_report_begun_count(report) == 1 && bactrian_redefine_report_unread_count(report) == 1);
    SAME(bactrian_redefine_report_begun(report, 0), "spend");
    CHECK(bactrian_redefine_report_since(report) == 5 * DAY); /* the clock before the first record that is kept */
    SAME(bactrian_redefine_report_unread(report, 0)->word, "event.visit");
    CHECK(bactrian_redefine_report_unread(report, 0)->records == 1);
    bactrian_redefine_report_free(report);
    bactrian_definition_free(definition);
    bactrian_engine_free(engine);
    remove(path);
}

int main(void) {
    bactrian_engine *engine = open_shop(NULL);
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    int64_t now;

    OK(bactrian_engine_now(engine, &now));
    OK(bactrian_engine_stats(engine, &stats));
    CHECK(now == BACTRIAN_NOW && stats.now == BACTRIAN_NOW && stats.customers == 0);
    crossings_and_decisions(engine);
    decisions(engine);
    explanations(engine);
    what_an_engine_is(engine);
    changes(engine);
    what_is_not_known();
    bactrian_engine_free(engine);
    return 0;
}
