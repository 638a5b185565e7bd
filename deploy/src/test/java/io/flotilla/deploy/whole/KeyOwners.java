package io.flotilla.deploy.whole;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.shard.kv.Commands;
import io.flotilla.shard.kv.KeyRange;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which shard holds each key, by the groups' own word: the newest descriptor that any replica has
 * applied, of itself or of what it cut off; a frozen one is no more once its neighbour has its
 * range too. These tile the key space at every moment, and nothing else answers for a key than the
 * shard that holds it, or did when the request came.
 */
final class KeyOwners {
  /** Whose a key is, and since when. */
  private record Owner(long shard, long sinceMicros) {}

  /** A shard at one version has one range. */
  private record Version(long shard, long version) {}

  private final World world;
  private final LostPasts pasts;
  private final Map<Long, Shard> newest = new TreeMap<>();
  private final Map<Long, Shard> absorbed = new TreeMap<>();
  private final Map<Version, KeyRange> ranges = new HashMap<>();
  private final Map<ByteString, Owner> owners = new HashMap<>();

  /** When any shard was last learned to be another: a key first looked at may have moved then. */
  private long changedMicros;

  private boolean founded;

  KeyOwners(World world) {
    this.world = world;
    this.pasts = new LostPasts(world);
  }

  LostPasts pasts() {
    return pasts;
  }

  /** Keyspaces come into the map with all of their shards. */
  void founded(ClusterView view) {
    view.shards().values().stream()
        .map(shard -> MapMessages.write(shard.value()))
        .filter(shard -> version(shard) == 1 && shard.getEpoch().getConfVersion() == 1)
        .filter(shard -> !newest.containsKey(shard.getId()))
        .forEach(shard -> newest.put(shard.getId(), shard));
    founded = view.keyspaces().size() >= Keyspace.BUILT_IN.size();
  }

  boolean isFounded() {
    return founded;
  }

  void learn(Shard shard) {
    pasts.learn(shard);
    boolean news = take(shard);
    for (Shard part : shard.getCutOffList()) {
      news |= take(part);
    }
    if (news) {
      changed();
    }
  }

  private void changed() {
    newest.values().stream()
        .map(Shard::getKeyspace)
        .distinct()
        .forEach(keyspace -> Tiling.check("the groups' own word", keyspace, newest.values()));
    long now = world.clock().nowMicros();
    changedMicros = now;
    owners.replaceAll(
        (key, owner) -> {
          long shardNow = ownerOf(key);
          return owner.shard() == shardNow ? owner : new Owner(shardNow, now);
        });
  }

  /** A shard goes on from what one replica has, which may be of before a split or a merge. */
  void forced(SimNode survivor, List<SimNode> nodes, long shard, long term, long moment) {
    Shard now = pasts.forced(survivor, nodes, shard, term, moment);
    Shard known = newest.get(shard);
    if (known != null && version(known) > version(now)) {
      giveUp(known, now);
      changed();
    }
  }

  /** What it cut off or took in meanwhile, as only the lost knew, it has not. */
  private void giveUp(Shard past, Shard now) {
    KeyRange range = KeyRange.of(now);
    newest.values().stream()
        .filter(each -> range.contains(each.getStart()) && each.getId() != now.getId())
        .forEach(each -> pasts.giveUp(each.getId()));
    newest.values().removeIf(each -> range.contains(each.getStart()));
    newest.put(now.getId(), now);
    ranges.keySet().removeIf(each -> each.shard() == now.getId() && each.version() > version(now));
    for (Shard source : List.copyOf(absorbed.values())) {
      if (source.getFrozen().getInto() == now.getId()
          && KeyRange.of(past).contains(source.getStart())
          && !range.contains(source.getStart())) {
        absorbed.remove(source.getId());
        newest.put(source.getId(), source);
      }
    }
  }

  private boolean take(Shard shard) {
    KeyRange range = KeyRange.of(shard);
    KeyRange other = ranges.putIfAbsent(new Version(shard.getId(), version(shard)), range);
    if (other != null && !other.equals(range)) {
      throw new AssertionError(
          "VERSIONS: shard %d at version %d is both %s and %s"
              .formatted(shard.getId(), version(shard), range, other));
    }
    Shard gone = absorbed.get(shard.getId());
    if (gone != null && version(shard) > version(gone)) {
      throw new AssertionError("MERGE: shard goes on though it was absorbed: " + shard);
    }
    Shard known = newest.get(shard.getId());
    if (gone == null && (known == null || version(shard) > version(known))) {
      newest.put(shard.getId(), shard);
      pasts.begin(shard.getId());
      absorb(shard);
      return true;
    }
    return false;
  }

  /** What was frozen for this shard, and is in its range now, is no more. */
  private void absorb(Shard into) {
    for (Shard source : List.copyOf(newest.values())) {
      if (source.getFrozen().getInto() == into.getId()
          && version(into) > version(source)
          && KeyRange.of(into).contains(source.getStart())) {
        newest.remove(source.getId());
        absorbed.put(source.getId(), source);
      }
    }
  }

  private static long version(Shard shard) {
    return shard.getEpoch().getVersion();
  }

  private long ownerOf(ByteString key) {
    return newest.values().stream()
        .filter(shard -> KeyRange.of(shard).contains(key))
        .mapToLong(Shard::getId)
        .findFirst()
        .orElseThrow(() -> new AssertionError("LOST: nobody holds " + key));
  }

  /**
   * @param server address of who answers
   * @param arrivedMicros when the request came to it
   */
  void replied(String server, MessageLite request, MessageLite reply, long arrivedMicros) {
    if (request instanceof WriteRequest write && reply instanceof WriteReply results) {
      for (int i = 0; i < results.getResultsCount(); i++) {
        Result.Status status = results.getResults(i).getStatus();
        if (status == Result.Status.OK || status == Result.Status.CONDITION_FAILED) {
          Operation operation = write.getWrites(i).getOperation();
          answered(server, write.getShard(), Commands.key(operation), arrivedMicros);
        }
      }
    } else if (request instanceof ReadRequest read && isLinearizable(read.getLevel())) {
      read.getKeysList().forEach(key -> answered(server, read.getShard(), key, arrivedMicros));
    } else if (request instanceof ScanRequest scan
        && reply instanceof ScanReply page
        && isLinearizable(scan.getLevel())) {
      page.getPairsList()
          .forEach(pair -> answered(server, scan.getShard(), pair.getKey(), arrivedMicros));
    }
  }

  /** Else a replica that has not heard yet that the key has left may answer, and says no more. */
  private static boolean isLinearizable(ReadLevel level) {
    return level == ReadLevel.LINEARIZABLE || level == ReadLevel.FOLLOWER;
  }

  private void answered(String server, long shard, ByteString key, long arrivedMicros) {
    world.counts().add(FaultKind.OWNER);
    Owner owner = owners.computeIfAbsent(key, fresh -> new Owner(ownerOf(fresh), changedMicros));
    if (owner.shard() != shard && owner.sinceMicros() < arrivedMicros) {
      throw new AssertionError(
          "OWNERS: %s answers of shard %d for a key that has been shard %d's since %d us, asked at %d us"
              .formatted(server, shard, owner.shard(), owner.sinceMicros(), arrivedMicros));
    }
  }

  /** Shards that there are. */
  int shards() {
    return newest.size();
  }
}
