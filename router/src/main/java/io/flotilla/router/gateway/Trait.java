package io.flotilla.router.gateway;

/** What is true of a command, in Redis's words for it. */
enum Trait {
  WRITE("write", "@write"),
  READONLY("readonly", "@read"),
  /** Redis may refuse it when memory is short. */
  DENYOOM("denyoom", ""),
  FAST("fast", "@fast"),
  /** Answered also while the gateway does not know the shards yet. */
  LOADING("loading", "");

  private final String flag;
  private final String category;

  Trait(String flag, String category) {
    this.flag = flag;
    this.category = category;
  }

  String flag() {
    return flag;
  }

  /** Empty if there is none. */
  String category() {
    return category;
  }
}
