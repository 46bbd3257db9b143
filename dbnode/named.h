// The objects of the extended protocol that a client has named, each kind within its bounds: the
// prepared statements, and the portals of the current transaction. "" is a name as well.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "dbnode/portal.h"

namespace multiaz::dbnode {

constexpr size_t kPreparedMax = 1000;           // named statements in a session
constexpr size_t kPreparedBytesMax = 16 << 20;  // SQL text of all of them together
constexpr size_t kPortalsMax = 100;

class NamedStatements {
 public:
  // 42P05 for a name that is taken, 54000 beyond the bounds.
  Failure check_room(const wire::pg::Parse& parse) const;
  void keep(const std::string& name, std::shared_ptr<Prepared> statement);
  // nullptr when there is none
  const std::shared_ptr<Prepared>* find(const std::string& name) const;
  bool erase(const std::string& name) { return statements_.erase(name) > 0; }
  void clear() { statements_.clear(); }

 private:
  std::map<std::string, std::shared_ptr<Prepared>> statements_;
};

class NamedPortals {
 public:
  // 42P03 for a name that is taken, 54000 beyond the bound; "" makes room for itself.
  Failure make_room(const std::string& name);
  void keep(const std::string& name, std::unique_ptr<Portal> portal);
  // nullptr when there is none
  Portal* find(const std::string& name) const;
  std::unique_ptr<Portal> take(const std::string& name);
  void erase(const std::string& name) { portals_.erase(name); }
  void clear() { portals_.clear(); }

 private:
  std::map<std::string, std::unique_ptr<Portal>> portals_;
};

Failure no_statement(const std::string& name);
Failure no_portal(const std::string& name);

}  // namespace multiaz::dbnode
