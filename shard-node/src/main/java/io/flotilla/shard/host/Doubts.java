package io.flotilla.shard.host;

import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.shard.kv.Members;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Replicas here that may not belong to their shards any more, and would not hear of it by
 * themselves: they ask. For one thread at a time, but where it says otherwise.
 */
final class Doubts {
  /** By id, what the map says last of shards that seem to have left out the replicas here. */
  private final Map<Long, Shard> doubted = new HashMap<>();

  /**
   * By id, the newest that was heard of shards whose replicas here were told nothing by their
   * groups: what they were opened with may name nobody who leads by now.
   */
  private final ConcurrentMap<Long, Shard> newest = new ConcurrentHashMap<>();

  /**
   * Has the replica here ask if the map leaves it out.
   *
   * @param told the shard, as the map has it
   */
  void consider(HostedShard hosted, Shard told) {
    hear(hosted, told);
    if (seemsLeftOut(hosted, told)) {
      doubted.put(told.getId(), told);
      hosted.group().askIfRemoved(Members.of(told));
    } else {
      doubted.remove(told.getId());
    }
  }

  /** Remembers whom a replica that was told nothing has to ask. */
  void hear(HostedShard hosted, Shard told) {
    if (wasToldNothing(hosted) && isNewer(told, newest(hosted))) {
      newest.put(told.getId(), told);
    }
  }

  private Shard newest(HostedShard hosted) {
    Shard own = hosted.descriptor();
    Shard heard = newest.getOrDefault(own.getId(), own);
    return isNewer(own, heard) ? own : heard;
  }

  private static boolean wasToldNothing(HostedShard hosted) {
    return hosted.group().status().membership().everybody().isEmpty();
  }

  void forget(long shard) {
    doubted.remove(shard);
    newest.remove(shard);
  }

  /** Those that are to ask again, as the map had them: nobody answers a question that was lost. */
  List<Shard> open() {
    return List.copyOf(doubted.values());
  }

  /**
   * By a map that is newer than its own descriptor; or by one that is as new, if its own log says
   * the same: the leader that removed it may have ended before it told. Who is on its way in is in
   * its own log before it is on the map.
   */
  private static boolean seemsLeftOut(HostedShard hosted, Shard told) {
    GroupStatus status = hosted.group().status();
    boolean asOwn =
        !isNewer(hosted.descriptor(), told)
            && !isAmong(status.membership().everybody(), status.replica());
    return !wasToldNothing(hosted)
        && (isNewer(told, hosted.descriptor()) || asOwn)
        && !isAmong(Members.of(told), status.replica());
  }

  private static boolean isNewer(Shard shard, Shard than) {
    return shard.getEpoch().getConfVersion() > than.getEpoch().getConfVersion();
  }

  private static boolean isAmong(List<Member> members, ReplicaId replica) {
    return members.stream().anyMatch(member -> member.replica().equals(replica));
  }

  /**
   * Has a replica that was told nothing yet ask, unless somebody still means to bring it in. Any
   * thread.
   *
   * @param expected ids of replicas
   */
  void askUnlessExpected(HostedShard shard, Set<Long> expected) {
    long replica = shard.group().status().replica().value();
    if (wasToldNothing(shard) && !expected.contains(replica)) {
      shard.group().askIfRemoved(Members.of(newest(shard)));
    }
  }
}
