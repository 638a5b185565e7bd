package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotRequest;
import io.flotilla.raft.port.SnapshotTransport;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.SimFiles;
import io.flotilla.raft.sim.SimSnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Nodes that serve and fetch snapshots, on one thread and a clock that is moved by hand. */
final class SnapshotRig {
  static final NodeId ONE = new NodeId(1);
  static final NodeId TWO = new NodeId(2);
  static final NodeId THREE = new NodeId(3);

  /** The replica for which node 2 fetches. */
  static final ReplicaId SELF = new ReplicaId(2);

  static final GroupId GROUP = new GroupId(7);
  static final GroupId OTHER = new GroupId(8);
  static final GroupId THIRD = new GroupId(9);
  static final SnapshotFetchConfig.Backoff BACKOFF =
      new SnapshotFetchConfig.Backoff(Duration.ofSeconds(1), Duration.ofSeconds(4), 4);
  static final SnapshotFetchConfig FETCH =
      new SnapshotFetchConfig(2, 1_000_000_000, 10, 3, Duration.ofSeconds(5), BACKOFF, 10_000);
  static final SnapshotSendConfig SEND =
      new SnapshotSendConfig(2, 3, Duration.ofMinutes(1), Duration.ofSeconds(15), 50, 16);

  /** A state of files by name; what is written of it may be spoilt. */
  static final class Content implements StateImage {
    final Map<String, byte[]> contents = new LinkedHashMap<>();
    private final long applied;
    private final SimFiles files;
    boolean closed;
    boolean hasNoRoom;
    boolean failsForGood;

    Content(long applied, SimFiles files, int... sizes) {
      this.applied = applied;
      this.files = files;
      for (int size : sizes) {
        byte[] content = new byte[size];
        new Random(applied + contents.size()).nextBytes(content);
        contents.put(contents.size() + ".sst", content);
      }
    }

    @Override
    public long applied() {
      return applied;
    }

    @Override
    public long approximateBytes() {
      return contents.values().stream().mapToLong(content -> content.length).sum();
    }

    @Override
    public List<SnapshotFile> writeTo(Path directory) throws StorageException, ImageException {
      List<SnapshotFile> written = new ArrayList<>();
      try {
        for (Map.Entry<String, byte[]> content : contents.entrySet()) {
          CRC32C crc = new CRC32C();
          crc.update(content.getValue());
          files.write(directory.resolve(content.getKey()), content.getValue().clone());
          written.add(
              new SnapshotFile(content.getKey(), content.getValue().length, (int) crc.getValue()));
        }
      } catch (IOException e) {
        throw new ImageException("no directory", e);
      }
      if (hasNoRoom) {
        throw new ImageException("no room, on purpose");
      } else if (failsForGood) {
        throw new StorageException("the state's disk failed on purpose");
      }
      return written;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  /** The groups of one node, as far as anybody wants images of them. */
  static final class Source implements SnapshotSource {
    final Map<GroupId, Content> hosted = new HashMap<>();
    final List<GroupId> asked = new ArrayList<>();
    final List<CompletableFuture<Optional<SnapshotSource.Image>>> held = new ArrayList<>();
    boolean holds;
    @Nullable RuntimeException failure;

    @Override
    public CompletionStage<Optional<SnapshotSource.Image>> imageOf(GroupId group) {
      asked.add(group);
      if (holds) {
        held.add(new CompletableFuture<>());
        return held.get(held.size() - 1);
      } else if (failure != null) {
        return CompletableFuture.failedFuture(failure);
      }
      return CompletableFuture.completedFuture(
          Optional.ofNullable(hosted.get(group)).map(SnapshotRig::labelled));
    }
  }

  static SnapshotSource.Image labelled(Content image) {
    Membership.Member member = new Membership.Member(new ReplicaId(1), 1);
    return new SnapshotSource.Image(
        image, 2, new Position(image.applied(), 2), Membership.of(List.of(member)));
  }

  /** One question that was asked, and where its answer goes. */
  record Question(NodeId from, NodeId to, SnapshotRequest request, Consumer<SnapshotReply> reply) {}

  final SimFiles files = new SimFiles();
  final Map<NodeId, Source> sources = new HashMap<>();
  final Map<NodeId, SnapshotSender> senders = new HashMap<>();
  final Map<NodeId, SnapshotFetcher> fetchers = new HashMap<>();
  final List<FetchedSnapshot> fetched = new ArrayList<>();

  /** Everything that was asked, in order. */
  final List<SnapshotRequest> asked = new ArrayList<>();

  /** What becomes of an answer on its way: none, one or many of them. */
  BiFunction<Question, SnapshotReply, List<SnapshotReply>> network =
      (question, reply) -> List.of(reply);

  long now = 1_000_000_000_000L;

  SnapshotSender serve(NodeId node) {
    return serve(node, SEND);
  }

  SnapshotSender serve(NodeId node, SnapshotSendConfig config) {
    Source source = new Source();
    sources.put(node, source);
    SnapshotSender sender =
        new SnapshotSender(
            source, storeOf(node), config, () -> now, new SplittableRandom(node.value()));
    senders.put(node, sender);
    return sender;
  }

  SnapshotFetcher fetch(NodeId node, SnapshotFetchConfig config) {
    SnapshotFetcher fetcher =
        new SnapshotFetcher(
            new Wire(node),
            storeOf(node),
            fetched::add,
            config,
            () -> now,
            new SplittableRandom(node.value()));
    fetchers.put(node, fetcher);
    return fetcher;
  }

  private SimSnapshotStore storeOf(NodeId node) {
    return new SimSnapshotStore(files, Path.of("node-" + node));
  }

  Content host(NodeId node, GroupId group, long applied, int... sizes) {
    Content image = new Content(applied, files, sizes);
    sources.get(node).hosted.put(group, image);
    return image;
  }

  private final class Wire implements SnapshotTransport {
    private final NodeId self;

    Wire(NodeId self) {
      this.self = self;
    }

    @Override
    public void ask(NodeId node, SnapshotRequest request, Consumer<SnapshotReply> reply) {
      asked.add(request);
      Question question = new Question(self, node, request, reply);
      SnapshotSender sender = senders.get(node);
      if (sender == null) {
        reply.accept(new SnapshotReply.Refused(SnapshotReply.Reason.LOST));
      } else {
        sender.serve(self, request, answer -> network.apply(question, answer).forEach(reply));
      }
    }
  }

  /** Asks as another node would, and waits until all that follows has happened. */
  SnapshotReply ask(NodeId from, NodeId to, SnapshotRequest request) {
    List<SnapshotReply> replies = new ArrayList<>();
    senders.get(to).serve(from, request, replies::add);
    settle();
    if (replies.size() != 1) {
      throw new AssertionError(replies + " to " + request);
    }
    return replies.get(0);
  }

  /** Lets everybody do what can be done at this moment. */
  void settle() {
    try {
      boolean worked = true;
      while (worked) {
        worked = false;
        for (SnapshotSender sender : senders.values()) {
          worked |= sender.turn() > 0;
          worked |= sender.writer().turn() > 0;
        }
        for (SnapshotFetcher fetcher : fetchers.values()) {
          worked |= fetcher.turn() > 0;
        }
      }
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  /** Moves time on, never further at once than to where somebody has something to do. */
  void pass(Duration time) {
    long end = now + time.toNanos();
    settle();
    while (now < end) {
      long next = end - now;
      for (SnapshotFetcher fetcher : fetchers.values()) {
        next = Math.min(next, fetcher.idleNanos());
      }
      for (SnapshotSender sender : senders.values()) {
        next = Math.min(next, sender.idleNanos());
      }
      if (next == 0) {
        throw new AssertionError("somebody has something to do and does not do it");
      }
      now += next;
      settle();
    }
  }

  List<SnapshotRequest.Read> reads() {
    return asked.stream()
        .filter(SnapshotRequest.Read.class::isInstance)
        .map(SnapshotRequest.Read.class::cast)
        .toList();
  }

  List<SnapshotRequest.Describe> describes() {
    return asked.stream()
        .filter(SnapshotRequest.Describe.class::isInstance)
        .map(SnapshotRequest.Describe.class::cast)
        .toList();
  }

  /** What lies in one half of a node's snapshots. */
  List<Path> lying(NodeId node, String half) {
    Path directory = Path.of("node-" + node, half);
    return files.list().stream().filter(path -> path.startsWith(directory)).toList();
  }

  /** The last one that was fetched is this. */
  void assertFetched(Content content) throws IOException {
    FetchedSnapshot last = fetched.get(fetched.size() - 1);
    for (Map.Entry<String, byte[]> file : content.contents.entrySet()) {
      assertThat(files.read(last.directory().resolve(file.getKey()))).isEqualTo(file.getValue());
    }
    assertThat(last.manifest().files()).hasSameSizeAs(content.contents.keySet());
  }
}
