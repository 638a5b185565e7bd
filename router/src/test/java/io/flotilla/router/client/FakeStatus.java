package io.flotilla.router.client;

import io.flotilla.proto.placement.StatusReply;

/** What a client makes of an answer that nobody gave. */
public final class FakeStatus {
  private FakeStatus() {}

  public static ClusterStatus read(StatusReply reply) {
    return new StatusReader(reply).status();
  }
}
