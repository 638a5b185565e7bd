package io.flotilla.deploy.whole;

import io.flotilla.shard.host.HostedShard;

/** What a cluster looks like, for a person who wonders why it does not come to rest. */
record Picture(WholeCluster whole) {
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (SimMember member : whole.members()) {
      text.append("\n  ").append(member.address()).append(' ').append(member.status());
    }
    for (SimNode node : whole.nodes()) {
      text.append("\n  node ").append(node.node()).append(" at ").append(node.address());
      text.append(node.isDead() ? " is dead" : node.isUp() ? "" : " is down");
      for (HostedShard shard : node.shards()) {
        text.append("\n    shard ")
            .append(shard.descriptor().getId())
            .append(' ')
            .append(shard.group().status());
      }
    }
    whole
        .newestView()
        .ifPresent(
            view -> {
              text.append("\n  jobs ").append(view.jobs().values());
              text.append("\n  nodes ").append(view.nodesSince(0));
              view.shardsSince(0).forEach(shard -> text.append("\n  ").append(shard));
            });
    return text.toString();
  }
}
