// What a user declares. Part of bactrian.hpp.
#ifndef BACTRIAN_DEFINITION_HPP
#define BACTRIAN_DEFINITION_HPP

#include <string>
#include <string_view>
#include <vector>

#include "base.hpp"

namespace bactrian {

// What a user declares.
class Definition {
public:
    static Definition from_toml(const std::string &text) {
        return Definition([&](auto out) { return bactrian_definition_from_toml(text.c_str(), out); });
    }
    static Definition from_json(const std::string &text) {
        return Definition([&](auto out) { return bactrian_definition_from_json(text.c_str(), out); });
    }
    static Definition from_file(const std::string &path) {
        return Definition([&](auto out) { return bactrian_definition_from_file(path.c_str(), out); });
    }
    std::string_view toml() const { return detail::view(bactrian_definition_toml(get())); }
    std::string_view json() const { return detail::view(bactrian_definition_json(get())); }
    std::string_view fingerprint() const { return detail::view(bactrian_definition_fingerprint(get())); }
    const bactrian_definition *get() const noexcept { return handle_.get(); }

private:
    friend class Engine;
    template <class Call>
    explicit Definition(Call call) : handle_(detail::made<bactrian_definition, bactrian_definition_free>(call)) {}

    detail::Handle<bactrian_definition, bactrian_definition_free> handle_;
};

// Everything that is to be said about a definition in TOML.
inline std::vector<Problem> check(const std::string &text) {
    const auto found = detail::made<bactrian_problems, bactrian_problems_free>(
        [&](auto out) { return bactrian_check(text.c_str(), out); });
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < bactrian_problems_count(found.get()); i++)
        problems.push_back(detail::problem(bactrian_problems_at(found.get(), i)));
    return problems;
}

}  // namespace bactrian

#endif  // BACTRIAN_DEFINITION_HPP
