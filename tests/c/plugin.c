/* The per-row path of a plug-in: open, prepare, then observe, read and decide per call. */
#include "check.h"

static void greet(const bactrian_engine *engine, const bactrian_reader *reader, const char *name, double amount,
                  int64_t at, double *values) {
    bactrian_id customer = bactrian_id_text(name);
    bactrian_field fields[2];
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_decision *decision = NULL;
    const char *action;

    fields[0] = bactrian_field_number("amount", amount);
    fields[1] = bactrian_field_text("need", "TEA");
    event.kind = "purchase";
    event.customer = &customer;
    event.at = at;
    event.fields = fields;
    event.fields_length = 2;

    OK(bactrian_engine_observe(engine, &event, NULL));
    OK(bactrian_reader_read(reader, &customer, NULL, at, values));
    OK(bactrian_engine_decide(engine, &customer, NULL, at, &decision));
    action = bactrian_decision_action(decision);
    printf("%s: spend %.2f, %s: %s\n", name, values[0], action ? action : "silence", bactrian_decision_why(decision));
    CHECK(strlen(bactrian_decision_why(decision)) > 0);
    CHECK(bactrian_decision_propensity(decision) == 1.0);
    bactrian_decision_free(decision);
}

int main(void) {
    const char *path = scratch("shop.bactrian");
    const char *columns[] = {"spend", "orders"};
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    bactrian_reader *reader = NULL;
    bactrian_id anna = bactrian_id_text("anna");
    double values[2], again[2];

    OK(bactrian_definition_from_toml(SHOP, &definition));
    OK(bactrian_engine_open(path, definition, NULL, &engine));
    bactrian_definition_free(definition);
    OK(bactrian_reader_prepare(engine, columns, 2, &reader));

    greet(engine, reader, "anna", 8.0, 0, values);
    CHECK(values[0] == 8.0 && values[1] == 1.0);
    greet(engine, reader, "anna", 20.0, 90 * DAY, values);
    CHECK(values[0] == 24.0 && values[1] == 2.0);
    greet(engine, reader, "ben", 500.0, 91 * DAY, values);

    /* Closed and opened again, under the definition in the file, the engine gives the same bits. */
    OK(bactrian_reader_read(reader, &anna, NULL, 100 * DAY, values));
    OK(bactrian_engine_checkpoint(engine));
    OK(bactrian_engine_close(engine));
    FAILS(bactrian_reader_read(reader, &anna, NULL, 100 * DAY, values), BACTRIAN_STATUS_CLOSED);
    bactrian_reader_free(reader);
    bactrian_engine_free(engine);
    OK(bactrian_engine_open(path, NULL, NULL, &engine));
    OK(bactrian_reader_prepare(engine, columns, 2, &reader));
    OK(bactrian_reader_read(reader, &anna, NULL, 100 * DAY, again));
    CHECK(memcmp(values, again, sizeof values) == 0);

    /* A reader keeps its engine alive. */
    bactrian_engine_free(engine);
    OK(bactrian_reader_read(reader, &anna, NULL, 100 * DAY, again));
    bactrian_reader_free(reader);
    remove(path);
    return 0;
}
