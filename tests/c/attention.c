/* Attention that is scarce: plans, assignments, what another policy would have brought, what sales will bring. */
#include "check.h"
#include "table.h"

static const char ACTIONS[] = "[trait]\n"
                              "worth = \"number\"\n"
                              "[action.call]\n"
                              "channel = \"phone\"\n"
                              "value = \"worth\"\n"
                              "cost = 2.0\n"
                              "[action.card]\n"
                              "channel = \"mail\"\n"
                              "value = \"worth * 0.5\"\n"
                              "cost = 0.5\n";

static bactrian_engine *opened(const char *text) {
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    OK(bactrian_definition_from_toml(text, &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    bactrian_definition_free(definition);
    return engine;
}

static bactrian_engine *customers(const char *text, size_t count) {
    static const char *const names[5] = {"anna", "ben", "cleo", "dora", "emil"};
    static const double worth[5] = {10, 6, 4, 3, 1};
    bactrian_engine *engine = opened(text);
    size_t i;
    for (i = 0; i < count; i++) {
        const bactrian_id who = bactrian_id_text(names[i]);
        const bactrian_field field = bactrian_field_number("worth", worth[i]);
        OK(bactrian_engine_identify(engine, &who, BACTRIAN_NOW, &field, 1, NULL));
    }
    return engine;
}

static void plans(void) {
    bactrian_engine *engine = customers(ACTIONS, 5);
    const char *phone[] = {"phone"}, *wrong[] = {"phnoe"}, *twice[] = {"phone", "phone"};
    const double two[] = {2, 2}, five[] = {5};
    const bactrian_id anna = bactrian_id_text("anna"), same[2] = {anna, anna};
    bactrian_means means = BACTRIAN_MEANS_INIT;
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_plan plan;
    struct ArrowArrayStream stream, limits;
    table read;

    /* No limits: the better action of each. */
    OK(bactrian_engine_plan(engine, NULL, 0, NULL, NULL, &plan, NULL, &stream));
    CHECK(fabs(plan.value - (8 + 4 + 2 + 1)) < 1e-9 && plan.gap == 0 && plan.exact == 1);
    read = table_read(&stream);
    CHECK(read.array.length == 5 && table_number(&read, "priority", table_row(&read, "cleo")) == 2);
    table_free(&read);
    /* Two calls and 5.5 of money: they go to anna and ben, three cards to the others. */
    means.budget = 5.5;
    means.capacity_names = phone;
    means.capacity = two;
    means.capacity_length = 1;
    OK(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, &limits, &stream));
    CHECK(fabs(plan.value - (8 + 4 + 1.5 + 1)) < 1e-9 && plan.bound >= plan.value - 1e-9 && plan.exact == 1);
    stream.release(&stream);
    read = table_read(&limits);
    CHECK(read.array.length == 2 && table_number(&read, "used", table_row(&read, "phone")) == 2);
    CHECK(table_number(&read, "used", table_row(&read, "budget")) <= 5.5);
    CHECK(table_number(&read, "missing", table_row(&read, "phone")) == 0);
    table_free(&read);
    /* Two actions each. */
    ask.most = 2;
    means.budget = NAN;
    OK(bactrian_engine_plan(engine, &anna, 1, &ask, &means, &plan, NULL, &stream));
    CHECK(fabs(plan.value - (8 + 4.5)) < 1e-9);
    read = table_read(&stream);
    CHECK(read.array.length == 2);
    table_free(&read);
    /* What can't be met is named. */
    means.capacity_length = 0;
    means.budget = 3;
    means.least_names = phone;
    means.least = five;
    means.least_length = 1;
    OK(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, &limits, &stream));
    stream.release(&stream);
    read = table_read(&limits);
    CHECK(table_number(&read, "missing", table_row(&read, "phone")) == 4);
    table_free(&read);

    means.capacity_names = phone;
    means.capacity = two;
    means.capacity_length = 1;
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    means.least_length = 0;
    FAILS(bactrian_engine_plan(engine, same, 2, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    means.capacity_names = twice;
    means.capacity_length = 2;
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    means.capacity_names = wrong;
    means.capacity_length = 1;
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_UNKNOWN_WORD);
    SAME(bactrian_error_hint(), "did you mean `phone`?");
    means.capacity_names = NULL;
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_NULL_POINTER);
    means.capacity_length = 0;
    means.budget = -1;
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    means.struct_size = 1;
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream), BACTRIAN_STATUS_STRUCT_SIZE);
    FAILS(bactrian_engine_plan(engine, NULL, 0, NULL, NULL, &plan, NULL, NULL), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_plan(NULL, NULL, 0, NULL, NULL, &plan, NULL, &stream), BACTRIAN_STATUS_NULL_POINTER);
    bactrian_engine_free(engine);
}

static void assignments(void) {
    bactrian_engine *engine = customers(ACTIONS, 5);
    const bactrian_id agents[2] = {bactrian_id_text("dora"), bactrian_id_text("emil")};
    const bactrian_id twice[2] = {agents[0], agents[0]};
    const size_t places[2] = {1, 1};
    double sum = 0;
    struct ArrowArrayStream stream;
    table read;

    OK(bactrian_engine_assign(engine, NULL, 0, agents, places, 2, "worth", BACTRIAN_NOW, &sum, &stream));
    CHECK(sum == 16); /* anna and ben, who are worth most */
    read = table_read(&stream);
    CHECK(read.array.length == 3 && table_number(&read, "score", table_row(&read, "anna")) == 10);
    CHECK(!table_knows(read.array.children[1], table_row(&read, "cleo")));
    table_free(&read);
    OK(bactrian_engine_assign(engine, NULL, 0, agents, NULL, 2, "worth", BACTRIAN_NOW, NULL, &stream));
    stream.release(&stream);
    FAILS(bactrian_engine_assign(engine, NULL, 0, twice, NULL, 2, "worth", BACTRIAN_NOW, NULL, &stream),
          BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_engine_assign(engine, twice, 2, agents, NULL, 2, "worth", BACTRIAN_NOW, NULL, &stream),
          BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_engine_assign(engine, NULL, 0, agents, NULL, 0, "worth", BACTRIAN_NOW, NULL, &stream),
          BACTRIAN_STATUS_SCHEMA_MISSING);
    FAILS(bactrian_engine_assign(engine, NULL, 0, agents, NULL, 2, "wroth", BACTRIAN_NOW, NULL, &stream),
          BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_assign(engine, NULL, 0, NULL, NULL, 2, "worth", BACTRIAN_NOW, NULL, &stream),
          BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_assign(engine, NULL, 0, agents, NULL, 2, NULL, BACTRIAN_NOW, NULL, &stream),
          BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_assign(engine, NULL, 0, agents, NULL, 2, "worth", BACTRIAN_NOW, NULL, NULL),
          BACTRIAN_STATUS_NULL_POINTER);
    bactrian_engine_free(engine);
}

/* Forty customers, half of whom a card is withheld from at random; who gets one buys for 3. */
static void policies(void) {
    static const char TRIAL[] = "[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n[action.card]\nvalue = 1\n"
                                "within = \"1d\"\n[decide]\ncontrol = 0.5\n";
    static const char SILENT[] = "[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n[action.card]\nvalue = 0\n"
                                 "within = \"1d\"\n[decide]\ncontrol = 0.5\n";
    bactrian_engine *engine = opened(TRIAL);
    bactrian_definition *same = NULL, *silent = NULL;
    bactrian_backtest found;
    struct ArrowArrayStream values, moved, funnel, unserved, stream;
    uint64_t ids[40];
    double chances[40];
    size_t i, sent = 0;
    table read;

    OK(bactrian_definition_from_toml(TRIAL, &same));
    OK(bactrian_definition_from_toml(SILENT, &silent));
    for (i = 0; i < 40; i++) {
        const bactrian_id who = bactrian_id_number(i);
        const bactrian_field field = bactrian_field_number("age", 30);
        bactrian_decision *decision = NULL;
        OK(bactrian_engine_identify(engine, &who, 0, &field, 1, NULL));
        OK(bactrian_engine_decide(engine, &who, NULL, BACTRIAN_NOW, &decision));
        ids[i] = bactrian_decision_id(decision);
        chances[i] = bactrian_decision_action(decision) ? 1 : 0;
        if (bactrian_decision_action(decision)) {
            OK(bactrian_engine_learn(engine, ids[i], "buy", BACTRIAN_NOW, 3, NULL));
            sent++;
        }
        bactrian_decision_free(decision);
    }
    FAILS(bactrian_engine_evaluate(engine, NULL, "card", INT64_MIN, &stream), BACTRIAN_STATUS_NOT_ENOUGH_DATA);
    OK(bactrian_engine_advance_to(engine, 2 * DAY, NULL));

    OK(bactrian_engine_evaluate(engine, NULL, "card", INT64_MIN, &stream));
    read = table_read(&stream);
    i = (size_t)table_row(&read, "value");
    CHECK(table_number(&read, "rows", (int64_t)i) == 40 && table_number(&read, "snips", (int64_t)i) == 3);
    CHECK(fabs(table_number(&read, "logged", (int64_t)i) - 3 * (double)sent / 40) < 1e-12);
    CHECK(fabs(table_number(&read, "ips", (int64_t)i) - 6 * (double)sent / 40) < 1e-12);
    table_free(&read);
    OK(bactrian_engine_evaluate(engine, NULL, NULL, INT64_MIN, &stream)); /* silence, which the control arm was */
    read = table_read(&stream);
    CHECK(table_number(&read, "snips", table_row(&read, "success")) == 0);
    table_free(&read);
    OK(bactrian_engine_evaluate(engine, same, NULL, INT64_MIN, &stream));
    read = table_read(&stream);
    CHECK(fabs(table_number(&read, "snips", table_row(&read, "value")) - 3 * (double)sent / 40) < 1e-9);
    table_free(&read);
    OK(bactrian_engine_evaluate_propensities(engine, ids, chances, 40, INT64_MIN, &stream));
    read = table_read(&stream);
    CHECK(table_number(&read, "snips", table_row(&read, "value")) == 3);
    table_free(&read);
    chances[0] = 2;
    FAILS(bactrian_engine_evaluate_propensities(engine, ids, chances, 40, INT64_MIN, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    chances[0] = 1;
    ids[0] ^= 1;
    FAILS(bactrian_engine_evaluate_propensities(engine, ids, chances, 40, INT64_MIN, &stream),
          BACTRIAN_STATUS_UNKNOWN_DECISION);
    FAILS(bactrian_engine_evaluate(engine, NULL, "crad", INT64_MIN, &stream), BACTRIAN_STATUS_UNKNOWN_WORD);

    OK(bactrian_engine_effects(engine, NULL, NULL, INT64_MIN, &stream));
    read = table_read(&stream);
    i = (size_t)table_row(&read, "card");
    CHECK(table_number(&read, "sent", (int64_t)i) == (double)sent);
    CHECK(table_number(&read, "withheld", (int64_t)i) == (double)(40 - sent));
    CHECK(fabs(table_number(&read, "money", (int64_t)i) - 3) < 1e-12);
    table_free(&read);
    FAILS(bactrian_engine_effects(engine, "nowhere", NULL, INT64_MIN, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_effects(engine, NULL, "nothing", INT64_MIN, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);

    OK(bactrian_engine_backtest(engine, same, INT64_MIN, &found, NULL, NULL, NULL, NULL));
    CHECK(found.decisions == 40 && found.agreed == 40 && found.customers == 40 && found.expected == found.recorded);
    OK(bactrian_engine_backtest(engine, silent, INT64_MIN, &found, &values, &moved, &funnel, &unserved));
    CHECK(found.decisions == 40 && found.agreed == 0 && found.expected == 0 && found.recorded == 1);
    read = table_read(&values);
    CHECK(read.array.length == 2);
    table_free(&read);
    read = table_read(&moved);
    CHECK(read.array.length == 40 && table_number(&read, "lost", 7) == 1);
    table_free(&read);
    read = table_read(&funnel);
    CHECK(table_number(&read, "decisions", table_row(&read, "card")) == 40);
    table_free(&read);
    read = table_read(&unserved);
    CHECK(read.array.length == 40);
    table_free(&read);
    FAILS(bactrian_engine_backtest(engine, NULL, 0, &found, NULL, NULL, NULL, NULL), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_backtest(engine, same, 0, NULL, NULL, NULL, NULL, NULL), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_backtest(NULL, same, 0, &found, NULL, NULL, NULL, NULL), BACTRIAN_STATUS_NULL_POINTER);
    bactrian_definition_free(same);
    bactrian_definition_free(silent);
    bactrian_engine_free(engine);
}

/* Of forty deals a stage lasted a week, and half were won; ten stand in it now. */
static void forecasts(void) {
    static const char SALES[] = "[event.moved]\ncustomer = \"deal\"\nat = \"at\"\ncategory = { stage = \"stage\" }\n"
                                "[trait]\nworth = \"number\"\n[score.deal]\nmodel = \"pipeline\"\non = \"moved\"\n"
                                "won = \"won\"\nlost = \"lost\"\nvalue = \"worth\"\n";
    bactrian_engine *engine = opened(SALES);
    struct ArrowArrayStream stream;
    table read;
    int i, step;

    for (i = 0; i < 50; i++) {
        const bactrian_id who = bactrian_id_number((uint64_t)i);
        const bactrian_field worth = bactrian_field_number("worth", 100);
        OK(bactrian_engine_identify(engine, &who, 0, &worth, 1, NULL));
    }
    for (step = 0; step < 3; step++) {
        for (i = step == 2 ? 40 : 0; i < (step == 2 ? 50 : 40); i++) {
            const bactrian_id who = bactrian_id_number((uint64_t)i);
            const char *stage = step != 1 ? "offer" : i % 2 ? "won" : "lost";
            const bactrian_field field = bactrian_field_text("stage", stage);
            bactrian_event event = BACTRIAN_EVENT_INIT;
            event.kind = "moved";
            event.customer = &who;
            event.at = step * 7 * DAY;
            event.fields = &field;
            event.fields_length = 1;
            OK(bactrian_engine_observe(engine, &event, NULL));
        }
    }
    FAILS(bactrian_engine_forecast(engine, "deal", NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_NOT_ENOUGH_DATA);
    OK(bactrian_engine_fit(engine, NULL, 0, NULL));
    OK(bactrian_engine_forecast(engine, "deal", NULL, BACTRIAN_NOW, &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 1 && table_number(&read, "opportunities", 0) == 10 && table_number(&read, "worth", 0) == 1000);
    CHECK(fabs(table_number(&read, "forecast", 0) - 500) < 1e-9);
    CHECK(table_number(&read, "lower", 0) < 500 && table_number(&read, "upper", 0) > 500);
    table_free(&read);
    FAILS(bactrian_engine_forecast(engine, "worth", NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_SCHEMA_TYPE);
    FAILS(bactrian_engine_forecast(engine, "dael", NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_forecast(engine, "deal", "rep", BACTRIAN_NOW, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_forecast(engine, NULL, NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_forecast(engine, "deal", NULL, BACTRIAN_NOW, NULL), BACTRIAN_STATUS_NULL_POINTER);
    bactrian_engine_free(engine);
}

int main(void) {
    plans();
    assignments();
    policies();
    forecasts();
    return 0;
}
