package io.flotilla.deploy.seeded.shard.kv;

import java.util.UUID;

/** Breaks the rules: every replica would draw another one. */
public final class DrawsAnId {
  String id() {
    return UUID.randomUUID().toString();
  }
}
