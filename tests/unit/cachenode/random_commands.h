// Random writing commands over few keys and fields, so that they often affect the same ones.
#pragma once

#include <string>
#include <vector>

#include "base/core/random.h"
#include "tests/unit/cachenode/support.h"

namespace multiaz::cachenode {

inline std::string random_key(Random& random) {
  return "k" + std::to_string(random.below(12));
}

inline std::string random_text(Random& random) {
  if (random.percent(30)) return std::to_string(random.below(1000));
  return std::string(random.percent(5) ? random.below(3000) : random.below(40),
                     static_cast<char>('a' + random.below(26)));
}

inline std::vector<std::string> random_write(Random& random) {
  const std::string key = random_key(random), text = random_text(random);
  const std::string field = "f" + std::to_string(random.below(8));
  const std::string later = std::to_string(kTestNowMs + random.between(1, 100'000));
  switch (random.below(26)) {
    case 0: return {"SET", key, text};
    case 1: return {"SET", key, text, "PXAT", later};
    case 2: return {"SET", key, text, random.percent(50) ? "NX" : "XX", "GET"};
    case 3: return {"APPEND", key, text};
    case 4: return {"SETRANGE", key, std::to_string(random.below(50)), text};
    case 5: return {"INCRBY", key, std::to_string(random.below(100))};
    case 6: return {"INCRBYFLOAT", key, "0.25"};
    case 7: return {"DEL", key, random_key(random)};
    case 8: return {"RENAME", key, random_key(random)};
    case 9: return {"RENAMENX", key, random_key(random)};
    case 10: return {"PEXPIREAT", key, later};
    case 11: return {"PERSIST", key};
    case 12: return {"GETDEL", key};
    case 13: return {"GETEX", key, "PXAT", later};
    case 14: return {"MSET", key, text, random_key(random), text};
    case 15: return {"MSETNX", key, text, random_key(random), text};
    case 16: return {"HSET", key, field, text, "f" + std::to_string(random.below(8)), "2"};
    case 17: return {"HSETNX", key, field, text};
    case 18: return {"HDEL", key, field, "f0", "f0", "f1"};
    case 19: return {"HINCRBY", key, field, "3"};
    case 20: return {"HSET", key, field + "-" + std::to_string(random.below(400)), text};
    case 21: return {"HINCRBYFLOAT", key, field, "1.5"};
    case 22: return {"EXPIRE", key, "-1"};
    case 23: return {"SETNX", key, text};
    case 24: return {"GETSET", key, text};
    default:
      return random.percent(10) ? std::vector<std::string>{"FLUSHALL"}
                                : std::vector<std::string>{"DECR", key};
  }
}

}  // namespace multiaz::cachenode
