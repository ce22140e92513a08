/* Models of spend, contracts, split loyalty, humps and clusters without an engine. */
#include "check.h"

static int near(double found, double expected, double relative) {
    return fabs(found - expected) <= relative * fabs(expected);
}

/* Published parameters of CDNOW: Fader and Hardie 2013. */
static void spend(void) {
    const double parameters[3] = {6.25, 3.74, 15.44}, x[3] = {2, 1, 0}, mean[3] = {22.35, 11.77, 0};
    const double many[5] = {1, 2, 3, 4, 5}, amounts[5] = {10, 25, 14, 31, 18}, none[1] = {0};
    double value[3] = {-1, -1, -1};
    bactrian_clv *clv = NULL, *other = NULL;

    OK(bactrian_clv_new("gamma_gamma", parameters, 3, &clv));
    OK(bactrian_clv_spend(clv, x, mean, 3, value));
    CHECK(near(value[0], 24.66371, 1e-6) && near(value[1], 18.91685, 1e-6) && near(value[2], 35.21898, 1e-6));
    FAILS(bactrian_clv_alive(clv, 0, x, x, x, 3, value), BACTRIAN_STATUS_SCHEMA_RANGE);
    SAME(bactrian_error_message(), "`gamma_gamma` does not tell purchases");
    FAILS(bactrian_clv_survival(clv, 1, 0, value), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_clv_spend(clv, x, mean, 3, NULL), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_clv_new("gamma_gamma", parameters, 2, &other), BACTRIAN_STATUS_SCHEMA_RANGE);
    bactrian_clv_free(clv);

    OK(bactrian_clv_fit_spend(many, amounts, NULL, 5, &clv));
    CHECK(bactrian_clv_parameter(clv, 2) > 0 && isfinite(bactrian_clv_log_likelihood(clv)));
    OK(bactrian_clv_spend(clv, many, amounts, 1, value));
    CHECK(value[0] > 0);
    bactrian_clv_free(clv);
    /* A mean that is not above 0, and nobody who bought. */
    FAILS(bactrian_clv_fit_spend(many, none, NULL, 1, &clv), BACTRIAN_STATUS_SCHEMA_RANGE);
    CHECK(bactrian_clv_fit_spend(none, none, NULL, 1, &clv) != BACTRIAN_STATUS_OK);
}

/* The high end segment of Fader and Hardie 2007: survivors of 1,000 over seven years. */
static void contracts(void) {
    const double alive[8] = {1000, 869, 743, 653, 593, 551, 517, 491};
    double due[8], weights[8], value = -1;
    uint8_t left[8];
    size_t i;
    bactrian_clv *clv = NULL;

    for (i = 0; i < 7; i++) due[i] = (double)(i + 1), left[i] = 1, weights[i] = alive[i] - alive[i + 1];
    due[7] = 7, left[7] = 0, weights[7] = alive[7];
    OK(bactrian_clv_fit_contract(due, left, weights, 8, &clv));
    CHECK(near(bactrian_clv_parameter(clv, 0), 0.668088, 1e-5) && near(bactrian_clv_parameter(clv, 1), 3.806096, 1e-5));
    CHECK(near(bactrian_clv_log_likelihood(clv), -1611.158147, 1e-8) && bactrian_clv_converged(clv) == 1);
    CHECK(bactrian_clv_standard_error(clv, 0) > 0 && isnan(bactrian_clv_standard_error(clv, 2)));
    OK(bactrian_clv_survival(clv, 7, 0, &value));
    CHECK(near(value, 0.491, 1e-2));
    OK(bactrian_clv_residual(clv, 0.1, 1, &value));
    CHECK(value > 1);
    FAILS(bactrian_clv_spend(clv, due, due, 1, &value), BACTRIAN_STATUS_SCHEMA_RANGE);
    bactrian_clv_free(clv);
    for (i = 0; i < 8; i++) left[i] = 0;
    CHECK(bactrian_clv_fit_contract(due, left, NULL, 8, &clv) != BACTRIAN_STATUS_OK);
}

/* Opportunities, counts of purchases and values: predictions at the published parameters of donations. */
static void opportunities(void) {
    const double parameters[4] = {1.203522, 0.749716, 0.656718, 2.783443};
    const double x[1] = {3}, t_x[1] = {4}, n[1] = {6}, half[1] = {3.5}, each[1] = {10};
    double value[1], expected[1], sum = 0, mean = 0;
    uint32_t count;
    bactrian_clv *clv = NULL;

    OK(bactrian_clv_new("bg_bb", parameters, 4, &clv));
    OK(bactrian_clv_expected(clv, 5, x, t_x, n, 1, expected));
    for (count = 0; count <= 5; count++) {
        OK(bactrian_clv_probability_of(clv, count, 5, x, t_x, n, 1, value));
        sum += value[0], mean += count * value[0];
    }
    CHECK(near(sum, 1, 1e-12) && near(mean, expected[0], 1e-12));
    OK(bactrian_clv_value(clv, 5, 1, 0, x, t_x, n, each, 1, value));
    CHECK(near(value[0], 10 * expected[0], 1e-12));
    FAILS(bactrian_clv_expected(clv, 1.5, x, t_x, n, 1, value), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_clv_alive(clv, 0, x, half, n, 1, value), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_clv_value(clv, 0, 1, 0, x, t_x, n, each, 1, value), BACTRIAN_STATUS_SCHEMA_RANGE);
    bactrian_clv_free(clv);
}

/* Toothpaste: Goodhardt, Ehrenberg and Chatfield 1984. */
static void loyalty(void) {
    const double shares[8] = {0.25, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02};
    const double penetrations[8] = {0.20, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02}, none[8] = {0};
    const uint64_t customer[5] = {1, 1, 2, 2, 3};
    const uint32_t brand[5] = {0, 1, 0, 1, 0}, wrong[5] = {0, 1, 0, 2, 0};
    double loyal[40], profit[40], found[3], brands[5], posterior[8], total, share, d, shared[4];
    uint64_t groups[4];
    size_t i;
    bactrian_dirichlet *dirichlet = NULL, *known = NULL;

    OK(bactrian_dirichlet_fit(0.56, 2.6, shares, penetrations, 8, &dirichlet));
    CHECK(near(bactrian_dirichlet_parameter(dirichlet, 0), 1.456, 1e-12));
    CHECK(near(bactrian_dirichlet_parameter(dirichlet, 1), 0.7788027, 3e-5));
    CHECK(near(bactrian_dirichlet_parameter(dirichlet, 2), 1.2952796, 3e-5));
    CHECK(isnan(bactrian_dirichlet_parameter(dirichlet, 3)) && near(bactrian_dirichlet_penetration(dirichlet), 0.56, 1e-9));
    CHECK(near(bactrian_dirichlet_probability_of(dirichlet, 0), 0.44, 1e-4));
    OK(bactrian_dirichlet_brand(dirichlet, 0, brands));
    CHECK(near(brands[0], 0.1999467, 1e-4) && near(brands[1], 1.8204855, 1e-4) && near(brands[2], 3.1614492, 1e-4));
    OK(bactrian_dirichlet_shares(dirichlet, none, 8, 0, posterior));
    for (i = 0; i < 8; i++) CHECK(near(posterior[i], shares[i], 1e-12));
    OK(bactrian_dirichlet_wallet(dirichlet, 0, 5, &total, &share));
    CHECK(total > 5 && share > 0.25 && share < 1);
    FAILS(bactrian_dirichlet_brand(dirichlet, 9, brands), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_dirichlet_shares(dirichlet, none, 3, 0, posterior), BACTRIAN_STATUS_SCHEMA_RANGE);
    OK(bactrian_dirichlet_new(1.456, bactrian_dirichlet_parameter(dirichlet, 1), 1.3, shares, 8, &known));
    bactrian_dirichlet_free(known);
    FAILS(bactrian_dirichlet_new(1.0, 1.0, 0.0, shares, 8, &known), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_dirichlet_fit(0.56, 2.6, shares, NULL, 8, &known), BACTRIAN_STATUS_NULL_POINTER);
    bactrian_dirichlet_free(dirichlet);
    bactrian_dirichlet_free(NULL);

    OK(bactrian_loyalty_share_of_requirements(customer, brand, 5, 2, brands));
    CHECK(near(brands[0], 0.6, 1e-12) && near(brands[1], 0.5, 1e-12));
    OK(bactrian_loyalty_duplication(customer, brand, 5, 2, &d, shared));
    CHECK(shared[0] == 1 && near(shared[1], 2.0 / 3, 1e-12) && shared[2] == 1 && d > 0);
    FAILS(bactrian_loyalty_share_of_requirements(customer, wrong, 5, 2, brands), BACTRIAN_STATUS_SCHEMA_RANGE);

    for (i = 0; i < 40; i++) loyal[i] = (double)i, profit[i] = 100 - (double)i;
    OK(bactrian_loyalty_profit(loyal, profit, 40, found, groups));
    CHECK(found[0] == -1 && groups[0] == 0 && groups[1] == 20 && groups[2] == 20 && groups[3] == 0);
}

static void humps(void) {
    const double four[4] = {1, 1, 2, 2}, wrong[1] = {INFINITY};
    double two[200], dip, p;
    size_t i;
    bactrian_humps *found = NULL;

    OK(bactrian_humps_dip(four, 4, &dip, &p));
    CHECK(dip == 0.25 && p > 0 && p < 0.05);
    OK(bactrian_humps_dip(NULL, 0, &dip, &p));
    CHECK(dip == 0 && p == 1);
    FAILS(bactrian_humps_dip(wrong, 1, &dip, &p), BACTRIAN_STATUS_SCHEMA_RANGE);
    for (i = 0; i < 200; i++) two[i] = (double)(i % 20) + (i % 2 ? 100 : 0);
    OK(bactrian_humps_test(two, 200, &found));
    CHECK(bactrian_humps_verdict(found)->claim == BACTRIAN_CLAIM_EFFECT && bactrian_humps_p(found) < 0.001);
    CHECK(bactrian_humps_verdict(found)->value > 0.15 && bactrian_humps_verdict(found)->rows == 200);
    bactrian_humps_free(found);
    bactrian_humps_free(NULL);
    CHECK(bactrian_humps_verdict(NULL) == NULL && isnan(bactrian_humps_p(NULL)));
}

static void clusters(void) {
    double rows[120], odd[2] = {1, NAN}, probabilities[120], value;
    uint32_t labels[60], again[60];
    size_t i;
    bactrian_kmeans *kmeans = NULL;
    bactrian_mixture *mixture = NULL;

    for (i = 0; i < 60; i++) rows[2 * i] = (double)(i % 7) + (i < 30 ? 0 : 100), rows[2 * i + 1] = (double)(i % 5);
    OK(bactrian_kmeans_fit(rows, 60, 2, 2, 7, &kmeans));
    OK(bactrian_kmeans_predict(kmeans, rows, 60, 2, labels));
    CHECK(labels[0] != labels[59] && bactrian_kmeans_inertia(kmeans) > 0);
    CHECK(fabs(bactrian_kmeans_centres(kmeans)[0] - bactrian_kmeans_centres(kmeans)[2]) > 90);
    OK(bactrian_cluster_silhouette(rows, 60, 2, labels, 1000, 0, &value));
    CHECK(value > 0.9);
    FAILS(bactrian_kmeans_predict(kmeans, rows, 40, 3, labels), BACTRIAN_STATUS_SCHEMA_RANGE);
    bactrian_kmeans_free(kmeans);
    FAILS(bactrian_kmeans_fit(odd, 1, 2, 1, 0, &kmeans), BACTRIAN_STATUS_SCHEMA_RANGE);
    CHECK(bactrian_kmeans_fit(rows, 1, 2, 2, 0, &kmeans) != BACTRIAN_STATUS_OK);

    OK(bactrian_mixture_fit(rows, 60, 2, 2, 1, 7, &mixture));
    OK(bactrian_mixture_predict(mixture, rows, 60, 2, again));
    OK(bactrian_mixture_probabilities(mixture, rows, 60, 2, probabilities));
    for (i = 0; i < 60; i++) CHECK(near(probabilities[2 * i] + probabilities[2 * i + 1], 1, 1e-12));
    for (i = 0; i < 60; i++) CHECK((labels[i] == labels[0]) == (again[i] == again[0]));
    CHECK(near(bactrian_mixture_weights(mixture)[0], 0.5, 1e-6) && bactrian_mixture_covariances(mixture)[0] > 0);
    CHECK(bactrian_mixture_means(mixture) != NULL && isfinite(bactrian_mixture_bic(mixture)));
    CHECK(isfinite(bactrian_mixture_lower_bound(mixture)));
    bactrian_mixture_free(mixture);
    FAILS(bactrian_mixture_fit(rows, 60, 2, 0, 0, 7, &mixture), BACTRIAN_STATUS_SCHEMA_RANGE);
}

int main(void) {
    spend();
    contracts();
    opportunities();
    loyalty();
    humps();
    clusters();
    return 0;
}
