// Random commands, compared with a model that is as simple as possible: maps.
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/cachenode/random_commands.h"

namespace multiaz::cachenode {
namespace {

struct Model {
  using Hash = std::map<std::string, std::string>;
  std::map<std::string, std::string> texts;
  std::map<std::string, Hash> hashes;

  bool exists(const std::string& key) const { return texts.count(key) || hashes.count(key); }
  bool erase(const std::string& key) { return texts.erase(key) + hashes.erase(key) > 0; }
};

const std::string kWrong =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string set(Model& model, const std::string& key, const std::string& text) {
  model.erase(key);
  model.texts[key] = text;
  return "OK";
}

std::string get(const Model& model, const std::string& key) {
  if (model.hashes.count(key)) return kWrong;
  const auto found = model.texts.find(key);
  return found == model.texts.end() ? "nil" : quoted(found->second);
}

std::string append(Model& model, const std::string& key, const std::string& text) {
  if (model.hashes.count(key)) return kWrong;
  return std::to_string((model.texts[key] += text).size());
}

std::string hset(Model& model, const std::string& key, const std::string& field,
                 const std::string& text) {
  if (model.texts.count(key)) return kWrong;
  const bool fresh = model.hashes[key].insert_or_assign(field, text).second;
  return fresh ? "1" : "0";
}

std::string hget(const Model& model, const std::string& key, const std::string& field) {
  if (model.texts.count(key)) return kWrong;
  const auto hash = model.hashes.find(key);
  if (hash == model.hashes.end() || !hash->second.count(field)) return "nil";
  return quoted(hash->second.at(field));
}

std::string hdel(Model& model, const std::string& key, const std::string& field) {
  if (model.texts.count(key)) return kWrong;
  const auto hash = model.hashes.find(key);
  if (hash == model.hashes.end()) return "0";
  const size_t gone = hash->second.erase(field);
  if (hash->second.empty()) model.hashes.erase(hash);
  return std::to_string(gone);
}

std::string rename(Model& model, const std::string& from, const std::string& to) {
  if (!model.exists(from)) return "(error) ERR no such key";
  if (from == to) return "OK";
  model.erase(to);
  if (model.texts.count(from))
    model.texts[to] = model.texts[from];
  else
    model.hashes[to] = model.hashes[from];
  model.erase(from);
  return "OK";
}

// Runs one random command on both and returns the model's reply.
std::string step(Random& random, Model& model, std::vector<std::string>& command) {
  const std::string key = random_key(random), text = random_text(random);
  const std::string field = "f" + std::to_string(random.below(60));
  switch (random.below(9)) {
    case 0: command = {"SET", key, text}; return set(model, key, text);
    case 1: command = {"GET", key}; return get(model, key);
    case 2: command = {"APPEND", key, text}; return append(model, key, text);
    case 3: command = {"DEL", key}; return model.erase(key) ? "1" : "0";
    case 4: command = {"EXISTS", key}; return model.exists(key) ? "1" : "0";
    case 5: command = {"HSET", key, field, text}; return hset(model, key, field, text);
    case 6: command = {"HGET", key, field}; return hget(model, key, field);
    case 7: command = {"HDEL", key, field}; return hdel(model, key, field);
    default: {
      const std::string to = random_key(random);
      command = {"RENAME", key, to};
      return rename(model, key, to);
    }
  }
}

TEST(RandomCommands, AnswerLikeTheModel) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Cache cache(seed);
    Model model;
    for (int i = 0; i < 1500; ++i) {
      std::vector<std::string> command;
      const std::string expected = step(random, model, command);
      ASSERT_EQ(cache.run(cache.client, command), expected)
          << "step " << i << ": " << testing::PrintToString(command);
      ASSERT_EQ(cache.db.keys().size(), model.texts.size() + model.hashes.size());
    }
  }
}

}  // namespace
}  // namespace multiaz::cachenode
