/* NULL everywhere, text that is none, structs of unknown sizes: a status each, and the engine goes on. */
#include "check.h"

#define NULLS(call) FAILS(call, BACTRIAN_STATUS_NULL_POINTER)

static const char BROKEN[] = {'a', (char)0xff, 'b', 0};

static void nulls(const bactrian_engine *engine, const bactrian_reader *reader) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_seed_ask seeds = BACTRIAN_SEED_ASK_INIT;
    bactrian_spread spread;
    bactrian_definition *definition = (bactrian_definition *)&anna;
    bactrian_engine *opened = NULL;
    bactrian_reader *prepared = NULL;
    bactrian_decision *decision = NULL;
    bactrian_explanation *explanation = NULL;
    bactrian_problems *problems = NULL;
    bactrian_ids *ids = NULL;
    bactrian_column_list *list = NULL;
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    struct ArrowArrayStream stream;
    const char *columns[2] = {"spend", NULL};
    double values[1];
    int64_t now;
    uint64_t digest;
    uint32_t types[1];
    char text[8];

    NULLS(bactrian_definition_from_toml(NULL, &definition));
    CHECK(definition == (bactrian_definition *)&anna); /* outputs are written on success alone */
    NULLS(bactrian_definition_from_toml(SHOP, NULL));
    NULLS(bactrian_definition_from_json(NULL, &definition));
    NULLS(bactrian_definition_from_json("{}", NULL));
    NULLS(bactrian_definition_from_file(NULL, &definition));
    NULLS(bactrian_definition_from_file("/nowhere", NULL));
    NULLS(bactrian_check(NULL, &problems));
    NULLS(bactrian_check(SHOP, NULL));
    NULLS(bactrian_engine_open(NULL, NULL, NULL, &opened));
    NULLS(bactrian_engine_open(NULL, NULL, NULL, NULL));
    CHECK(opened == NULL);
    NULLS(bactrian_engine_close(NULL));
    NULLS(bactrian_engine_set_ceiling(NULL, 0));
    NULLS(bactrian_engine_now(NULL, &now));
    NULLS(bactrian_engine_now(engine, NULL));
    NULLS(bactrian_engine_definition(NULL, &definition));
    NULLS(bactrian_engine_definition(engine, NULL));
    NULLS(bactrian_engine_columns(NULL, &list));
    NULLS(bactrian_engine_columns(engine, NULL));
    NULLS(bactrian_engine_memory(NULL, NULL));
    NULLS(bactrian_engine_recorded(NULL, 7, NULL));
    NULLS(bactrian_engine_recorded(engine, 7, NULL));
    NULLS(bactrian_engine_set_interrupt(NULL, NULL, NULL, NULL));
    NULLS(bactrian_engine_stats(NULL, &stats));
    NULLS(bactrian_engine_stats(engine, NULL));

    NULLS(bactrian_engine_observe(NULL, &event, NULL));
    NULLS(bactrian_engine_observe(engine, NULL, NULL));
    NULLS(bactrian_engine_observe(engine, &event, NULL)); /* no kind */
    event.kind = "purchase";
    event.customer = &anna;
    event.fields_length = 1;
    NULLS(bactrian_engine_observe(engine, &event, NULL)); /* no fields */
    NULLS(bactrian_engine_observe_arrow(engine, NULL, NULL, NULL));
    NULLS(bactrian_engine_identify_arrow(engine, NULL, NULL, NULL));
    NULLS(bactrian_engine_relate_arrow(engine, NULL, NULL, NULL));
    NULLS(bactrian_engine_observe_columns(NULL, NULL, 0, 0, NULL, NULL));
    NULLS(bactrian_engine_observe_columns(engine, NULL, 1, 1, NULL, NULL));
    NULLS(bactrian_engine_identify_columns(NULL, NULL, 0, 0, NULL, NULL));
    NULLS(bactrian_engine_relate_columns(NULL, NULL, 0, 0, NULL, NULL));
    NULLS(bactrian_engine_identify(NULL, &anna, 0, NULL, 0, NULL));
    NULLS(bactrian_engine_identify(engine, NULL, 0, NULL, 0, NULL));
    NULLS(bactrian_engine_identify(engine, &anna, 0, NULL, 1, NULL));
    NULLS(bactrian_engine_advance_to(NULL, 0, NULL));
    NULLS(bactrian_engine_fit(NULL, NULL, 0, NULL));
    NULLS(bactrian_engine_fit(engine, columns, 2, NULL));

    NULLS(bactrian_reader_prepare(NULL, columns, 1, &prepared));
    NULLS(bactrian_reader_prepare(engine, NULL, 1, &prepared));
    NULLS(bactrian_reader_prepare(engine, columns, 2, &prepared));
    NULLS(bactrian_reader_prepare(engine, columns, 1, NULL));
    NULLS(bactrian_reader_read(NULL, &anna, NULL, BACTRIAN_NOW, values));
    NULLS(bactrian_reader_read(reader, NULL, NULL, BACTRIAN_NOW, values));
    NULLS(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, NULL));
    NULLS(bactrian_reader_read_rows(NULL, &anna, 1, NULL, BACTRIAN_NOW, values));
    NULLS(bactrian_reader_read_rows(reader, NULL, 1, NULL, BACTRIAN_NOW, values));
    NULLS(bactrian_reader_read_rows(reader, &anna, 1, NULL, BACTRIAN_NOW, NULL));
    NULLS(bactrian_engine_decide(NULL, &anna, NULL, BACTRIAN_NOW, &decision));
    NULLS(bactrian_engine_decide(engine, NULL, NULL, BACTRIAN_NOW, &decision));
    NULLS(bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, NULL));
    NULLS(bactrian_engine_decide_with(NULL, &anna, &ask, &decision));
    NULLS(bactrian_engine_decide_with(engine, NULL, &ask, &decision));
    NULLS(bactrian_engine_decide_with(engine, &anna, NULL, &decision));
    NULLS(bactrian_engine_decide_with(engine, &anna, &ask, NULL));
    NULLS(bactrian_engine_explain(NULL, &anna, "spend", NULL, BACTRIAN_NOW, &explanation));
    NULLS(bactrian_engine_explain(engine, NULL, "spend", NULL, BACTRIAN_NOW, &explanation));
    NULLS(bactrian_engine_explain(engine, &anna, NULL, NULL, BACTRIAN_NOW, &explanation));
    NULLS(bactrian_engine_explain(engine, &anna, "spend", NULL, BACTRIAN_NOW, NULL));
    NULLS(bactrian_engine_score(NULL, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, &stream));
    NULLS(bactrian_engine_score(engine, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, NULL));
    NULLS(bactrian_engine_score(engine, NULL, 0, columns, 2, NULL, BACTRIAN_NOW, &stream));
    NULLS(bactrian_engine_training_set(NULL, NULL, 0, NULL, 0, DAY, BACTRIAN_NOW, &stream));
    NULLS(bactrian_engine_training_set(engine, NULL, 0, NULL, 0, DAY, BACTRIAN_NOW, NULL));
    NULLS(bactrian_engine_decide_batch(NULL, NULL, 0, NULL, &stream));
    NULLS(bactrian_engine_decide_batch(engine, NULL, 0, NULL, NULL));
    NULLS(bactrian_engine_checkpoint(NULL));
    NULLS(bactrian_engine_merge(NULL, &anna, &anna));
    NULLS(bactrian_engine_merge(engine, NULL, &anna));
    NULLS(bactrian_engine_merge(engine, &anna, NULL));
    NULLS(bactrian_engine_redefine(NULL, NULL, NULL));
    NULLS(bactrian_engine_redefine(engine, NULL, NULL));
    NULLS(bactrian_reader_types(NULL, types));
    NULLS(bactrian_reader_types(reader, NULL));
    NULLS(bactrian_engine_digest(NULL, &digest));
    NULLS(bactrian_engine_digest(engine, NULL));
    NULLS(bactrian_engine_ledger_by(NULL, "value", &stream));
    NULLS(bactrian_engine_ledger_by(engine, NULL, &stream));
    NULLS(bactrian_engine_ledger_by(engine, "value", NULL));
    NULLS(bactrian_engine_responses(NULL, &stream));
    NULLS(bactrian_engine_responses(engine, NULL));
    NULLS(bactrian_engine_segment(NULL, "value", &stream));
    NULLS(bactrian_engine_segment(engine, NULL, &stream));
    NULLS(bactrian_engine_segment(engine, "value", NULL));
    NULLS(bactrian_engine_members(NULL, "value", "low", &ids));
    NULLS(bactrian_engine_members(engine, NULL, "low", &ids));
    NULLS(bactrian_engine_members(engine, "value", NULL, &ids));
    NULLS(bactrian_engine_members(engine, "value", "low", NULL));
    NULLS(bactrian_engine_crossings(NULL, NULL, INT64_MIN, &stream));
    NULLS(bactrian_engine_crossings(engine, NULL, INT64_MIN, NULL));
    NULLS(bactrian_engine_transitions(NULL, "value", 0, 1, 0, 1, &stream));
    NULLS(bactrian_engine_transitions(engine, NULL, 0, 1, 0, 1, &stream));
    NULLS(bactrian_engine_transitions(engine, "value", 0, 1, 0, 1, NULL));
    NULLS(bactrian_engine_stability(NULL, "value", 0, 1, &stream));
    NULLS(bactrian_engine_stability(engine, NULL, 0, 1, &stream));
    NULLS(bactrian_engine_stability(engine, "value", 0, 1, NULL));
    NULLS(bactrian_engine_segment_values(NULL, "value", columns, 1, &stream));
    NULLS(bactrian_engine_segment_values(engine, NULL, columns, 1, &stream));
    NULLS(bactrian_engine_segment_values(engine, "value", NULL, 1, &stream));
    NULLS(bactrian_engine_segment_values(engine, "value", columns, 1, NULL));
    NULLS(bactrian_engine_drift(NULL, "value", 0, NULL, 0, &stream));
    NULLS(bactrian_engine_drift(engine, NULL, 0, NULL, 0, &stream));
    NULLS(bactrian_engine_drift(engine, "value", 0, NULL, 0, NULL));
    NULLS(bactrian_engine_belonging(NULL, "value", NULL, &stream));
    NULLS(bactrian_engine_belonging(engine, NULL, NULL, &stream));
    NULLS(bactrian_engine_belonging(engine, "value", NULL, NULL));
    NULLS(bactrian_engine_market(NULL, columns, 1, NULL, 0, 2, &stream));
    NULLS(bactrian_engine_market(engine, NULL, 1, NULL, 0, 2, &stream));
    NULLS(bactrian_engine_market(engine, columns, 1, NULL, 1, 2, &stream));
    NULLS(bactrian_engine_market(engine, columns, 1, NULL, 0, 2, NULL));
    NULLS(bactrian_engine_ablate(NULL, "spend", columns, columns, 1, 0, &stream));
    NULLS(bactrian_engine_ablate(engine, NULL, columns, columns, 1, 0, &stream));
    NULLS(bactrian_engine_ablate(engine, "spend", NULL, columns, 1, 0, &stream));
    NULLS(bactrian_engine_ablate(engine, "spend", columns, NULL, 1, 0, &stream));
    NULLS(bactrian_engine_associations(NULL, "value", NULL, 0, NULL, &stream));
    NULLS(bactrian_engine_associations(engine, NULL, NULL, 0, NULL, &stream));
    NULLS(bactrian_engine_associations(engine, "value", NULL, 0, NULL, NULL));
    NULLS(bactrian_engine_lifts(NULL, "value", "spend", NULL, &stream));
    NULLS(bactrian_engine_lifts(engine, NULL, "spend", NULL, &stream));
    NULLS(bactrian_engine_lifts(engine, "value", NULL, NULL, &stream));
    NULLS(bactrian_engine_lifts(engine, "value", "spend", NULL, NULL));
    NULLS(bactrian_engine_look_alikes(NULL, "value", "low", NULL, 0, 0, &stream));
    NULLS(bactrian_engine_look_alikes(engine, NULL, "low", NULL, 0, 0, &stream));
    NULLS(bactrian_engine_look_alikes(engine, "value", NULL, NULL, 0, 0, &stream));
    NULLS(bactrian_engine_look_alikes(engine, "value", "low", NULL, 1, 0, &stream));
    NULLS(bactrian_engine_look_alikes(engine, "value", "low", columns, 1, 0, NULL));
    NULLS(bactrian_engine_relate(NULL, "talk", &anna, &anna, 0, 1.0, NULL));
    NULLS(bactrian_engine_relate(engine, NULL, &anna, &anna, 0, 1.0, NULL));
    NULLS(bactrian_engine_relate(engine, "talk", NULL, &anna, 0, 1.0, NULL));
    NULLS(bactrian_engine_relate(engine, "talk", &anna, NULL, 0, 1.0, NULL));
    NULLS(bactrian_engine_peers(NULL, &anna, NULL, &ids));
    NULLS(bactrian_engine_peers(engine, NULL, NULL, &ids));
    NULLS(bactrian_engine_peers(engine, &anna, NULL, NULL));
    NULLS(bactrian_engine_ties(NULL, &anna, NULL, &stream));
    NULLS(bactrian_engine_ties(engine, NULL, NULL, &stream));
    NULLS(bactrian_engine_ties(engine, &anna, NULL, NULL));
    NULLS(bactrian_engine_seeds(NULL, &seeds, &spread, &stream));
    NULLS(bactrian_engine_seeds(engine, NULL, &spread, &stream));
    seeds.count = 1;
    NULLS(bactrian_engine_seeds(engine, &seeds, &spread, NULL));
    seeds.struct_size = 1;
    FAILS(bactrian_engine_seeds(engine, &seeds, &spread, &stream), BACTRIAN_STATUS_STRUCT_SIZE);
    NULLS(bactrian_engine_influence(NULL, "purchase", NULL, NULL, 0, 0, &stream));
    NULLS(bactrian_engine_influence(engine, NULL, NULL, NULL, 0, 0, &stream));
    NULLS(bactrian_engine_influence(engine, "purchase", NULL, NULL, 0, 0, NULL));
    NULLS(bactrian_engine_recommend(NULL, &anna, 1, NULL, NULL, &stream));
    NULLS(bactrian_engine_recommend(engine, NULL, 1, NULL, NULL, &stream));
    NULLS(bactrian_engine_route(NULL, "tea", &anna, NULL, NULL, &stream));
    NULLS(bactrian_engine_route(engine, NULL, &anna, NULL, NULL, &stream));
    NULLS(bactrian_engine_route(engine, "tea", NULL, NULL, NULL, &stream));
    NULLS(bactrian_engine_key_text(NULL, 0.0, text, sizeof text, NULL));
    NULLS(bactrian_engine_key_text(engine, 0.0, NULL, 1, NULL));
}

/* Looking into nothing finds nothing, and freeing nothing is fine. */
static void empty_handles(void) {
    CHECK(bactrian_definition_toml(NULL) == NULL);
    CHECK(bactrian_definition_json(NULL) == NULL);
    CHECK(bactrian_definition_fingerprint(NULL) == NULL);
    CHECK(bactrian_problems_count(NULL) == 0 && bactrian_problems_at(NULL, 0) == NULL);
    CHECK(bactrian_ids_count(NULL) == 0 && bactrian_ids_at(NULL, 0) == NULL);
    CHECK(bactrian_column_list_count(NULL) == 0 && bactrian_column_list_at(NULL, 0) == NULL);
    CHECK(bactrian_reader_columns(NULL) == 0);
    CHECK(bactrian_report_accepted(NULL) == 0 && bactrian_report_duplicates(NULL) == 0);
    CHECK(bactrian_report_late(NULL) == 0);
    CHECK(bactrian_report_reject_count(NULL) == 0 && bactrian_report_reject(NULL, 0) == NULL);
    CHECK(bactrian_report_crossing_count(NULL) == 0 && bactrian_report_crossing(NULL, 0) == NULL);
    CHECK(bactrian_report_decision_count(NULL) == 0 && bactrian_report_decision(NULL, 0) == NULL);
    CHECK(bactrian_fit_report_moment(NULL) == 0 && bactrian_fit_report_moved(NULL) == 0);
    CHECK(bactrian_fit_report_column_count(NULL) == 0 && bactrian_fit_report_column(NULL, 0) == NULL);
    CHECK(bactrian_fit_report_figure_count(NULL, 0) == 0 && bactrian_fit_report_figure(NULL, 0, 0) == NULL);
    CHECK(bactrian_fit_report_verdict_count(NULL, 0) == 0 && bactrian_fit_report_verdict(NULL, 0, 0) == NULL);
    CHECK(bactrian_fit_report_note_count(NULL, 0) == 0 && bactrian_fit_report_note(NULL, 0, 0) == NULL);
    CHECK(bactrian_decision_id(NULL) == 0 && bactrian_decision_action(NULL) == NULL);
    CHECK(bactrian_decision_why(NULL) == NULL);
    CHECK(isnan(bactrian_decision_propensity(NULL)) && isnan(bactrian_decision_priority(NULL)));
    CHECK(bactrian_decision_factor_count(NULL) == 0 && bactrian_decision_factor(NULL, 0) == NULL);
    CHECK(bactrian_decision_loser_count(NULL) == 0 && bactrian_decision_loser(NULL, 0) == NULL);
    CHECK(bactrian_decision_loser_read_count(NULL, 0) == 0 && bactrian_decision_loser_read(NULL, 0, 0) == NULL);
    CHECK(isnan(bactrian_explanation_value(NULL)) && bactrian_explanation_moment(NULL) == 0);
    CHECK(bactrian_explanation_part_count(NULL) == 0 && bactrian_explanation_part(NULL, 0) == NULL);
    CHECK(bactrian_explanation_evidence_count(NULL) == 0 && bactrian_explanation_evidence(NULL, 0) == NULL);
    CHECK(bactrian_redefine_report_added_count(NULL) == 0 && bactrian_redefine_report_added(NULL, 0) == NULL);
    CHECK(bactrian_redefine_report_removed_count(NULL) == 0 && bactrian_redefine_report_removed(NULL, 0) == NULL);
    CHECK(bactrian_redefine_report_unfitted_count(NULL) == 0 && bactrian_redefine_report_unfitted(NULL, 0) == NULL);
    CHECK(bactrian_redefine_report_moved(NULL) == 0);
    bactrian_redefine_report_free(NULL);
    bactrian_definition_free(NULL);
    bactrian_problems_free(NULL);
    bactrian_engine_free(NULL);
    bactrian_reader_free(NULL);
    bactrian_report_free(NULL);
    bactrian_fit_report_free(NULL);
    bactrian_decision_free(NULL);
    bactrian_explanation_free(NULL);
    bactrian_ids_free(NULL);
    bactrian_column_list_free(NULL);
}

static void not_utf8(const bactrian_engine *engine, const bactrian_reader *reader) {
    bactrian_id broken = bactrian_id_bytes(BROKEN, 3);
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_field field = bactrian_field_text("need", BROKEN);
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_definition *definition = NULL;
    bactrian_engine *opened = NULL;
    bactrian_decision *decision = NULL;
    const char *columns[1];
    double values[1];

    columns[0] = BROKEN;
    FAILS(bactrian_definition_from_toml(BROKEN, &definition), BACTRIAN_STATUS_INVALID_UTF8);
    SAME(bactrian_error_message(), "`text` is not valid UTF-8 from byte 1");
    FAILS(bactrian_engine_open(BROKEN, NULL, NULL, &opened), BACTRIAN_STATUS_INVALID_UTF8);
    FAILS(bactrian_reader_prepare(engine, columns, 1, (bactrian_reader **)&opened), BACTRIAN_STATUS_INVALID_UTF8);
    FAILS(bactrian_reader_read(reader, &broken, NULL, BACTRIAN_NOW, values), BACTRIAN_STATUS_INVALID_UTF8);
    FAILS(bactrian_engine_decide(engine, &anna, &broken, BACTRIAN_NOW, &decision), BACTRIAN_STATUS_INVALID_UTF8);
    event.kind = BROKEN;
    FAILS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_INVALID_UTF8);
    event.kind = "purchase";
    event.customer = &broken;
    FAILS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_INVALID_UTF8);
    event.customer = &anna;
    event.fields = &field;
    event.fields_length = 1;
    FAILS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_INVALID_UTF8);
}

static void struct_sizes(const bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_options options = BACTRIAN_OPTIONS_INIT;
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_roles roles = BACTRIAN_ROLES_INIT;
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    bactrian_definition *definition = NULL;
    bactrian_engine *opened = NULL;
    bactrian_decision *decision = NULL;

    OK(bactrian_engine_definition(engine, &definition));
    options.struct_size = 0;
    FAILS(bactrian_engine_open(NULL, definition, &options, &opened), BACTRIAN_STATUS_STRUCT_SIZE);
    options.struct_size = sizeof options + 8;
    FAILS(bactrian_engine_open(NULL, definition, &options, &opened), BACTRIAN_STATUS_STRUCT_SIZE);
    SAME(bactrian_error_hint(), "set `struct_size` to the `sizeof` of the struct");
    event.struct_size = 1;
    FAILS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_STRUCT_SIZE);
    roles.struct_size = SIZE_MAX;
    FAILS(bactrian_engine_observe_columns(engine, NULL, 0, 0, &roles, NULL), BACTRIAN_STATUS_STRUCT_SIZE);
    ask.struct_size--;
    FAILS(bactrian_engine_decide_with(engine, &anna, &ask, &decision), BACTRIAN_STATUS_STRUCT_SIZE);
    stats.struct_size++;
    FAILS(bactrian_engine_stats(engine, &stats), BACTRIAN_STATUS_STRUCT_SIZE);
    bactrian_definition_free(definition);
}

int main(void) {
    const char *columns[] = {"spend"};
    bactrian_engine *engine = open_shop(NULL);
    bactrian_reader *reader = NULL;
    bactrian_id anna = bactrian_id_text("anna");
    double value;

    SAME(bactrian_error_message(), "");
    CHECK(bactrian_error_status() == BACTRIAN_STATUS_OK && bactrian_error_hint() == NULL);
    OK(buy(engine, &anna, 8.0, 0, NULL));
    OK(bactrian_reader_prepare(engine, columns, 1, &reader));
    nulls(engine, reader);
    empty_handles();
    not_utf8(engine, reader);
    struct_sizes(engine);

    OK(buy(engine, &anna, 4.0, 0, NULL));
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, &value));
    CHECK(value == 12.0);
    bactrian_reader_free(reader);
    bactrian_engine_free(engine);
    return 0;
}
