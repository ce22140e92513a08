/* The program of README.md; tests/python/test_readme.py holds the two together. */
#include <stdio.h>

#include "bactrian.h"

int main(void) {
    const char *columns[] = {"spend", "orders"};
    double values[2];
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    bactrian_reader *reader = NULL;
    bactrian_decision *decision = NULL;
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_field amount = bactrian_field_number("amount", 80.0);
    bactrian_event event = BACTRIAN_EVENT_INIT;
    event.kind = "purchase", event.customer = &anna, event.at = 1483228800000000;
    event.fields = &amount, event.fields_length = 1;
    if (bactrian_definition_from_file("tests/golden/grocery.toml", &definition) ||
        bactrian_engine_open(NULL, definition, NULL, &engine) || /* in memory; or the path of a file */
        bactrian_reader_prepare(engine, columns, 2, &reader) || /* once; then for each event: */
        bactrian_engine_observe(engine, &event, NULL) || /* what happened, */
        bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values) || /* what is known, */
        bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, &decision)) /* what to do next */
        return fprintf(stderr, "%s\n", bactrian_error_message()), 1;
    printf("spend %.2f in %.0f orders: %s\n", values[0], values[1], bactrian_decision_why(decision));
    bactrian_decision_free(decision);
    bactrian_reader_free(reader);
    bactrian_engine_free(engine);
    bactrian_definition_free(definition);
    return 0;
}
