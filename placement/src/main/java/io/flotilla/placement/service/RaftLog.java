package io.flotilla.placement.service;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftListener;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what happens to placement's group. A member whose only replica stopped is of no use.
 */
final class RaftLog implements RaftListener {
  private static final Logger log = LoggerFactory.getLogger(RaftLog.class);

  private final Consumer<Throwable> fatal;

  RaftLog(Consumer<Throwable> fatal) {
    this.fatal = fatal;
  }

  @Override
  public void happened(GroupId group, ReplicaId self, RaftEvent event) {
    log.debug("member {}: {}", self, event);
  }

  @Override
  public void stopped(GroupId group, ReplicaId self, Throwable cause) {
    fatal.accept(cause);
  }
}
