package io.flotilla.placement.model;

import java.util.Optional;
import java.util.Set;

/**
 * A job: another replica of a shard is to lead it. Over when it does, of which placement hears, but
 * which it does not keep. Fenced by the replica's id: only a voter is ever handed leadership.
 */
public record Transfer(long id, long shard, Replica to, String reason) implements Job {
  @Override
  public Transfer begun(long newId) {
    return new Transfer(newId, shard, to, reason);
  }

  @Override
  public Optional<String> misfit(Shard now) {
    return now.replica(to.id()).filter(Replica::isVoter).isPresent()
        ? Optional.empty()
        : Optional.of("shard " + shard + " has no voter with id " + to.id());
  }

  @Override
  public Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed) {
    return misfit(now).map(Ending::givenUp);
  }

  @Override
  public String words() {
    return String.format(
        "hands leadership of shard %d to replica %d on node %d", shard, to.id(), to.node());
  }

  @Override
  public <R> R as(Kinds<R> kinds) {
    return kinds.transfer(this);
  }
}
