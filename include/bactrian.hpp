// Bactrian for C++17: the calls of bactrian.h as classes that free themselves, with exceptions.
//
// Header only; this is the one header to include, those in bactrian/ are its parts. What bactrian.h says of pointers, threads, texts and the disk holds here too; every
// `const` member may be called from many threads at once. Texts go in as std::string_view, by copy where
// C needs a NUL at their end (names), without one where it does not (ids and values). Texts that come out
// as std::string_view live as long as the object that they came from. A moved-from object may only be
// assigned to or destroyed; its other members throw or give nothing, as a NULL handle does in C.
//
//     bactrian::Engine engine("shop.bactrian", bactrian::Definition::from_file("shop.toml"));
//     bactrian::Reader reader = engine.reader({"spend", "warmth"});
//     engine.observe({"purchase", "anna", {}, at, {{"amount", 12.5}}});
//     reader.read("anna", "ben", at, values);
//     std::cout << engine.decide("anna").why() << '\n';
#ifndef BACTRIAN_HPP
#define BACTRIAN_HPP

#include "bactrian/base.hpp"
#include "bactrian/value.hpp"
#include "bactrian/definition.hpp"
#include "bactrian/decision.hpp"
#include "bactrian/report.hpp"
#include "bactrian/reader.hpp"
#include "bactrian/callback.hpp"
#include "bactrian/engine.hpp"

#endif  // BACTRIAN_HPP
