// Functions of the host: behind columns, and the one that stops long work. Part of bactrian.hpp.
#ifndef BACTRIAN_CALLBACK_HPP
#define BACTRIAN_CALLBACK_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base.hpp"

namespace bactrian {

// A function behind a column: its inputs in the order of the definition, NaN where unknown, to its value. An
// exception makes the column unknown there. It may be called from many threads, and can't call an engine.
using Callback = std::function<double(const double *inputs, std::size_t length)>;

// What became of the calls of one callback since it was registered.
struct CallbackInfo {
    std::string name, version;
    std::uint64_t calls, unknown, failed;
    std::optional<std::string> failure;
};

// Asked by long work whether to stop. It may be called from many threads, and can't call an engine; an exception stops.
using Interrupt = std::function<bool()>;

namespace detail {
inline std::int32_t called(void *context, const double *inputs, std::size_t length, double *value) noexcept {
    try {
        *value = (*static_cast<Callback *>(context))(inputs, length);
        return 0;
    } catch (...) {
        return 1;
    }
}

inline std::int32_t asked(void *context) noexcept {
    try {
        return (*static_cast<Interrupt *>(context))();
    } catch (...) {
        return 1;
    }
}

template <class Function> void released(void *context) noexcept { delete static_cast<Function *>(context); }

template <class Call> std::vector<CallbackInfo> callbacks(Call call) {
    const auto list = made<bactrian_callback_list, bactrian_callback_list_free>(call);
    std::vector<CallbackInfo> callbacks;
    for (std::size_t i = 0; i < bactrian_callback_list_count(list.get()); i++) {
        const bactrian_callback_info *found = bactrian_callback_list_at(list.get(), i);
        callbacks.push_back({found->name, found->version, found->calls, found->unknown, found->failed, maybe(found->failure)});
    }
    return callbacks;
}
}  // namespace detail

}  // namespace bactrian

#endif  // BACTRIAN_CALLBACK_HPP
