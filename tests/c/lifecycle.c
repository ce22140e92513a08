/* From a decision to its outcome, to erasure: learn, ledger, funnel, contexts and slates, export, erase, flush, catalog. */
#include "check.h"

static const char RAIN[] = "[event.purchase]\n"
                           "customer = \"customer\"\n"
                           "at       = \"at\"\n"
                           "amount   = \"amount\"\n"
                           "[feature.spend]\n"
                           "sum = \"amount\"\n"
                           "on  = \"purchase\"\n"
                           "[context]\n"
                           "weather = \"category\"\n"
                           "[action.umbrella]\n"
                           "group    = \"rain\"\n"
                           "eligible = 'weather == \"rain\"'\n"
                           "response = 0.1\n"
                           "value    = \"spend\"\n"
                           "[action.tea]\n"
                           "group    = \"drink\"\n"
                           "response = 0.05\n"
                           "value    = 10\n";

static bactrian_engine *open_rain(const char *path, uint32_t durability) {
    bactrian_options options = BACTRIAN_OPTIONS_INIT;
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    options.durability = durability;
    OK(bactrian_definition_from_toml(RAIN, &definition));
    OK(bactrian_engine_open(path, definition, &options, &engine));
    bactrian_definition_free(definition);
    return engine;
}

static int64_t rows_of(struct ArrowArrayStream *stream) {
    struct ArrowArray array;
    int64_t rows = 0;
    for (;;) {
        CHECK(stream->get_next(stream, &array) == 0);
        if (!array.release) break;
        rows += array.length;
        array.release(&array);
    }
    stream->release(stream);
    return rows;
}

/* What the journal has of a decision is what the decision said. */
static void recorded_as(const bactrian_engine *engine, const bactrian_decision *decision) {
    bactrian_recorded_decision *recorded = NULL;
    const bactrian_recorded_info *info;
    const bactrian_recorded_action *umbrella, *tea;
    bactrian_definition *definition = NULL;

    OK(bactrian_engine_recorded(engine, bactrian_decision_id(decision), &recorded));
    info = bactrian_recorded_decision_figures(recorded);
    CHECK(info->id == bactrian_decision_id(decision) && info->at == DAY && !info->withheld);
    SAME(info->customer.text, "anna");
    SAME(info->action, bactrian_decision_action(decision));
    CHECK(info->propensity == bactrian_decision_propensity(decision));
    CHECK(info->priority == bactrian_decision_priority(decision) && info->attention == 0.0);
    OK(bactrian_engine_definition(engine, &definition));
    SAME(info->definition, bactrian_definition_fingerprint(definition));
    bactrian_definition_free(definition);
    CHECK(bactrian_recorded_decision_action_count(recorded) == 2);
    umbrella = bactrian_recorded_decision_action(recorded, 0);
    tea = bactrian_recorded_decision_action(recorded, 1);
    SAME(umbrella->action, "umbrella");
    CHECK(!umbrella->fell && umbrella->response == 0.1 && umbrella->value == 30.0 && umbrella->cost == 0.0);
    CHECK(umbrella->priority == info->priority && tea->priority == 0.5 && tea->weight == 1.0 && tea->lever == 1.0);
    CHECK(bactrian_recorded_decision_action(recorded, 2) == NULL);
    bactrian_recorded_decision_free(recorded);
}

static void decisions(const bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_field rain = bactrian_field_text("weather", "rain");
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_decision *decision = NULL;
    bactrian_report *report = NULL;
    bactrian_recorded_decision *recorded = NULL;
    const bactrian_flip *flip;
    struct ArrowArrayStream stream;
    uint64_t first;

    ask.context = &rain;
    ask.context_length = 1;
    ask.most = 2;
    OK(bactrian_engine_decide_with(engine, &anna, &ask, &decision));
    CHECK(bactrian_decision_choice_count(decision) == 2 && bactrian_decision_choice(decision, 2) == NULL);
    SAME(bactrian_decision_choice(decision, 0)->action, "umbrella");
    SAME(bactrian_decision_choice(decision, 1)->action, "tea");
    CHECK(bactrian_decision_withheld(decision) == NULL);
    first = bactrian_decision_choice(decision, 0)->id;
    CHECK(first == bactrian_decision_id(decision) && first != bactrian_decision_choice(decision, 1)->id);
    /* A tenth of the spend is worth as much as tea once it falls to 5. */
    flip = bactrian_decision_flip(decision);
    CHECK(flip && flip->value == 30.0 && flip->to > 4.0 && flip->to <= 5.0);
    CHECK(strstr(flip->column, "spend") && strstr(flip->why, "instead of"));
    SAME(flip->action, "tea");
    CHECK(bactrian_decision_flip(decision) == flip && bactrian_decision_flip(NULL) == NULL);
    recorded_as(engine, decision);
    bactrian_decision_free(decision);
    FAILS(bactrian_engine_recorded(engine, 7, &recorded), BACTRIAN_STATUS_UNKNOWN_DECISION);
    CHECK(recorded == NULL && bactrian_recorded_decision_figures(NULL) == NULL);

    OK(bactrian_engine_learn(engine, first, "redeem", BACTRIAN_NOW, 4.0, &report));
    CHECK(bactrian_report_accepted(report) == 1);
    bactrian_report_free(report);
    FAILS(bactrian_engine_learn(engine, 7, "redeem", BACTRIAN_NOW, NAN, NULL), BACTRIAN_STATUS_ROW_REJECTED);
    {
        const char *kinds[] = {"read", "read"};
        const uint64_t ids[] = {first, 7};
        const bactrian_column columns[] = {
            {"decision", BACTRIAN_TYPE_WHOLE, ids, NULL},
            {"outcome", BACTRIAN_TYPE_TEXT, kinds, NULL},
        };
        OK(bactrian_engine_learn_columns(engine, columns, 2, 2, NULL, &report));
        CHECK(bactrian_report_accepted(report) == 1 && bactrian_report_reject_count(report) == 1);
        bactrian_report_free(report);
    }
    OK(bactrian_engine_ledger(engine, &stream));
    CHECK(rows_of(&stream) >= 2);
    OK(bactrian_engine_responses(engine, &stream));
    CHECK(rows_of(&stream) == 0); /* no action has a response_model */
    OK(bactrian_engine_funnel(engine, NULL, 0, &ask, &stream));
    CHECK(rows_of(&stream) == 3); /* two actions, and silence */
    OK(bactrian_engine_funnel(engine, &anna, 1, NULL, &stream));
    CHECK(rows_of(&stream) == 3);
    rain = bactrian_field_text("wether", "rain");
    FAILS(bactrian_engine_decide_with(engine, &anna, &ask, &decision), BACTRIAN_STATUS_UNKNOWN_WORD);
    ask.context = NULL;
    FAILS(bactrian_engine_decide_with(engine, &anna, &ask, &decision), BACTRIAN_STATUS_NULL_POINTER);
    OK(bactrian_engine_catalog(engine, &stream));
    CHECK(rows_of(&stream) >= 2);
}

static void forgetting(const bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_export *held = NULL;
    bactrian_erasure *receipt = NULL;

    OK(bactrian_engine_export(engine, &anna, &held));
    CHECK(strstr(bactrian_export_json(held), "\"ids\":[\"anna\"]") != NULL);
    bactrian_export_free(held);
    held = NULL;
    OK(bactrian_engine_erase(engine, &anna, &receipt));
    CHECK(bactrian_erasure_figures(receipt)->ids == 1 && bactrian_erasure_figures(receipt)->events >= 2);
    CHECK(bactrian_erasure_figures(receipt)->found == 0 && bactrian_erasure_figures(receipt)->searched > 0);
    CHECK(bactrian_erasure_fit_count(receipt) == 0 && bactrian_erasure_fit(receipt, 0) == NULL);
    bactrian_erasure_free(receipt);
    FAILS(bactrian_engine_export(engine, &anna, &held), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    FAILS(bactrian_engine_erase(engine, &anna, &receipt), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    CHECK(held == NULL && bactrian_export_json(NULL) == NULL && bactrian_erasure_figures(NULL) == NULL);
}

int main(void) {
    const char *path = scratch("rain.bactrian");
    bactrian_id anna = bactrian_id_text("anna"), ben = bactrian_id_text("ben");
    bactrian_engine *engine = open_rain(path, BACTRIAN_DURABILITY_INTERVAL), *wrong = NULL;
    bactrian_options options = BACTRIAN_OPTIONS_INIT;
    uint64_t before, after;

    OK(buy(engine, &anna, 30.0, 0, NULL));
    OK(buy(engine, &ben, 3.0, DAY, NULL));
    decisions(engine);
    OK(bactrian_engine_flush(engine));
    OK(bactrian_engine_digest(engine, &before));
    bactrian_engine_free(engine);

    engine = open_rain(path, BACTRIAN_DURABILITY_COMMIT);
    OK(bactrian_engine_digest(engine, &after));
    CHECK(before == after);
    forgetting(engine);
    bactrian_engine_free(engine);
    options.durability = 2;
    FAILS(bactrian_engine_open(path, NULL, &options, &wrong), BACTRIAN_STATUS_SCHEMA_RANGE);
    remove(path);
    return 0;
}
