package io.flotilla.shard.service;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftListener;
import io.flotilla.shard.report.PlacementLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what happens to replicas, and has a new leader reported at once. */
final class LeaderNews implements RaftListener {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderNews.class);

  private final PlacementLink link;

  LeaderNews(PlacementLink link) {
    this.link = link;
  }

  @Override
  public void happened(GroupId group, ReplicaId self, RaftEvent event) {
    LOG.debug("shard {}, replica {}: {}", group, self, event);
    if (event instanceof RaftEvent.LeaderElected || event instanceof RaftEvent.SteppedDown) {
      link.reportSoon();
    }
  }

  @Override
  public void stopped(GroupId group, ReplicaId self, Throwable cause) {
    LOG.error("shard {}: replica {} takes no further part", group, self, cause);
  }
}
