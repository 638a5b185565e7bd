package io.flotilla.placement.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.Generations;
import io.flotilla.raft.state.StateView;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Placement's state in one generation, as read from the disk or out of an image. */
record SavedState(Generation generation, long applied, ClusterView view) {
  private static SavedState of(Generation generation, StateRecord.Header header, Reader records) {
    return new SavedState(
        generation,
        header.applied(),
        new ClusterView(
            header.cluster(),
            header.revision(),
            header.layoutRevision(),
            header.freshIds(),
            records.nodes,
            records.removed,
            records.keyspaces,
            records.shards,
            records.absorbed,
            records.jobs,
            records.ended,
            records.settings));
  }

  /** What the store holds under {@code number}. Blocks on the disk. */
  static SavedState read(PlacementStore store, long number) throws StorageException {
    Reader records = new Reader();
    try (StateView view = store.db().view();
        RocksIterator each =
            view.iterate(Generations.beginOf(number), Generations.beginOf(number + 1))) {
      for (each.seekToFirst(); each.isValid(); each.next()) {
        records.next(each.key(), each.value());
      }
      each.status();
    } catch (RocksDBException | ImageException broken) {
      throw new StorageException("placement's state cannot be read", broken);
    }
    StateRecord.Header header = records.header;
    if (header == null && number != Generations.INITIAL) {
      throw new StorageException("there is no state of placement in generation " + number);
    }
    return of(
        store.generations().use(number),
        header == null ? StateRecord.Header.FIRST : header,
        records);
  }

  /** The records of one state. */
  static class Reader {
    private final TreeMap<Long, Revised<Node>> nodes = new TreeMap<>();
    private final TreeMap<Integer, Revised<Keyspace>> keyspaces = new TreeMap<>();
    private final TreeMap<Long, Revised<Shard>> shards = new TreeMap<>();
    private final TreeMap<Long, Revised<Shard>> absorbed = new TreeMap<>();
    private final TreeMap<Long, Revised<Node>> removed = new TreeMap<>();
    private final TreeMap<Long, Job> jobs = new TreeMap<>();
    private final TreeMap<Long, EndedJob> ended = new TreeMap<>();
    private Settings settings = Settings.INITIAL;
    StateRecord.@Nullable Header header;

    public void next(byte[] key, byte[] bytes) throws ImageException {
      ByteBuffer value = ByteBuffer.wrap(bytes);
      try {
        switch (StateRecord.kind(key)) {
          case StateRecord.HEADER -> header = StateRecord.Header.read(value);
          case StateRecord.JOB, StateRecord.ENDED_JOB, StateRecord.SETTINGS ->
              nextOfJobs(StateRecord.kind(key), value);
          default -> nextOfMap(StateRecord.kind(key), value);
        }
      } catch (InvalidProtocolBufferException | IllegalArgumentException broken) {
        throw new ImageException("a record is damaged: " + broken.getMessage(), broken);
      }
    }

    private void nextOfMap(byte kind, ByteBuffer value)
        throws InvalidProtocolBufferException, ImageException {
      switch (kind) {
        case StateRecord.NODE -> {
          var node = revised(value, io.flotilla.proto.map.Node.parser());
          nodes.put(node.value().getId(), node.map(MapMessages::read));
        }
        case StateRecord.REMOVED_NODE -> {
          var node = revised(value, io.flotilla.proto.map.Node.parser());
          removed.put(node.value().getId(), node.map(MapMessages::read));
        }
        case StateRecord.KEYSPACE -> {
          var keyspace = revised(value, io.flotilla.proto.map.Keyspace.parser());
          keyspaces.put(keyspace.value().getId(), keyspace.map(MapMessages::read));
        }
        case StateRecord.SHARD -> {
          var shard = revised(value, io.flotilla.proto.map.Shard.parser());
          shards.put(shard.value().getId(), shard.map(MapMessages::read));
        }
        case StateRecord.ABSORBED_SHARD -> {
          var shard = revised(value, io.flotilla.proto.map.Shard.parser());
          absorbed.put(shard.value().getId(), shard.map(MapMessages::read));
        }
        default ->
            throw new ImageException(
                "a record of kind " + kind + ", which placement does not have");
      }
    }

    private void nextOfJobs(byte kind, ByteBuffer value) throws InvalidProtocolBufferException {
      switch (kind) {
        case StateRecord.JOB -> {
          Job job =
              JobMessages.read(revised(value, io.flotilla.proto.placement.Job.parser()).value());
          jobs.put(job.shard(), job);
        }
        case StateRecord.ENDED_JOB -> {
          var ending = revised(value, io.flotilla.proto.placement.EndedJob.parser());
          EndedJob over = JobMessages.read(ending.value(), ending.revision());
          ended.put(over.job().id(), over);
        }
        default ->
            settings =
                JobMessages.read(
                    revised(value, io.flotilla.proto.placement.Settings.parser()).value());
      }
    }

    private static <M> Revised<M> revised(ByteBuffer value, Parser<M> parser)
        throws InvalidProtocolBufferException {
      if (value.remaining() < Long.BYTES) {
        throw new IllegalArgumentException("record of " + value.remaining() + " bytes");
      }
      long revision = value.getLong();
      return new Revised<>(revision, parser.parseFrom(value));
    }
  }

  /** Makes a state of an image's records, and finds out whether it is this cluster's. */
  static final class Image extends Reader implements Generations.Records {
    private final Generation generation;
    private final String cluster;
    private Optional<SavedState> state = Optional.empty();

    /**
     * @param cluster that it has to be of; empty if none was adopted yet
     */
    Image(Generation generation, String cluster) {
      this.generation = generation;
      this.cluster = cluster;
    }

    @Override
    public void end() throws ImageException {
      StateRecord.Header complete = header;
      if (complete == null) {
        throw new ImageException("it is no image of a map that has applied anything");
      }
      if (!cluster.isEmpty() && !cluster.equals(complete.cluster())) {
        throw new ImageException(
            "it is of cluster '" + complete.cluster() + "', not of '" + cluster + "'");
      }
      state = Optional.of(of(generation, complete, this));
    }

    /** Once all of it was loaded. */
    SavedState state() {
      return state.orElseThrow(() -> new IllegalStateException("the image was not loaded"));
    }
  }
}
