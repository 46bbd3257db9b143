// The command functions by family, one file for each. A function is called with an arity that fits
// and, if it writes, without expired keys among its keys; it replies exactly once.
#pragma once

#include "cachenode/commands/call.h"

namespace multiaz::cachenode {

// strings.cc
void cmd_set(Call& call);
void cmd_setnx(Call& call);
void cmd_setex(Call& call);
void cmd_psetex(Call& call);
void cmd_get(Call& call);
void cmd_getset(Call& call);
void cmd_getdel(Call& call);
void cmd_getex(Call& call);
void cmd_mget(Call& call);
void cmd_mset(Call& call);
void cmd_msetnx(Call& call);
void cmd_append(Call& call);
void cmd_strlen(Call& call);
void cmd_getrange(Call& call);
void cmd_setrange(Call& call);

// counters.cc
void cmd_incr(Call& call);
void cmd_decr(Call& call);
void cmd_incrby(Call& call);
void cmd_decrby(Call& call);
void cmd_incrbyfloat(Call& call);

// generic.cc
void cmd_del(Call& call);
void cmd_exists(Call& call);
void cmd_type(Call& call);
void cmd_rename(Call& call);
void cmd_renamenx(Call& call);
void cmd_randomkey(Call& call);
void cmd_dbsize(Call& call);
void cmd_flush(Call& call);

// expiry.cc
void cmd_expire(Call& call);
void cmd_pexpire(Call& call);
void cmd_expireat(Call& call);
void cmd_pexpireat(Call& call);
void cmd_ttl(Call& call);
void cmd_pttl(Call& call);
void cmd_expiretime(Call& call);
void cmd_pexpiretime(Call& call);
void cmd_persist(Call& call);

// hashes.cc
void cmd_hset(Call& call);
void cmd_hmset(Call& call);
void cmd_hsetnx(Call& call);
void cmd_hget(Call& call);
void cmd_hmget(Call& call);
void cmd_hgetall(Call& call);
void cmd_hkeys(Call& call);
void cmd_hvals(Call& call);
void cmd_hdel(Call& call);
void cmd_hlen(Call& call);
void cmd_hexists(Call& call);
void cmd_hstrlen(Call& call);
void cmd_hincrby(Call& call);
void cmd_hincrbyfloat(Call& call);

// scan.cc
void cmd_scan(Call& call);
void cmd_hscan(Call& call);
void cmd_keys(Call& call);
void cmd_hrandfield(Call& call);

// transactions.cc
void cmd_multi(Call& call);
void cmd_exec(Call& call);
void cmd_discard(Call& call);
void cmd_watch(Call& call);
void cmd_unwatch(Call& call);
void cmd_reset(Call& call);

// connection.cc
void cmd_ping(Call& call);
void cmd_echo(Call& call);
void cmd_auth(Call& call);
void cmd_hello(Call& call);
void cmd_quit(Call& call);
void cmd_select(Call& call);
void cmd_time(Call& call);

// clients.cc
void cmd_client(Call& call);

// info.cc
void cmd_info(Call& call);
void cmd_role(Call& call);
void cmd_wait(Call& call);

// introspection.cc
void cmd_command(Call& call);
void cmd_config(Call& call);
void cmd_restricted(Call& call);
void cmd_cluster(Call& call);

// Functions that several families share.
void queue_command(Client& client, const Command& command, Args args,
                   wire::resp::ReplyWriter& reply);
bool set_client_name(Call& call, std::string_view name);  // false after an error reply
void reply_unknown_subcommand(Call& call);

}  // namespace multiaz::cachenode
