package io.flotilla.placement.store;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.Generations;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Placement's replicated state. Commands are {@code PlacementCommand} messages and results {@code
 * PlacementResult} messages. Entries change a working copy; when their round is committed, what it
 * has become is published as {@link #view}.
 */
public final class PlacementStateMachine implements StateMachine<PlacementRound> {
  private static final byte[] NO_RESULT = new byte[0];

  private final PlacementStore store;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final ConcurrentMap<Long, SavedState> loaded = new ConcurrentHashMap<>();
  private volatile Generation generation;
  private ClusterState state;
  private long applied;
  private ClusterView latest;
  private volatile ClusterView view;

  /**
   * Continues from what {@code store} holds. Blocks on the disk.
   *
   * @param generation that the log names; {@link Generations#INITIAL} if it names none
   * @throws StorageException if it cannot be read, or is not there
   */
  public PlacementStateMachine(PlacementStore store, long generation) throws StorageException {
    SavedState saved = SavedState.read(store, generation);
    this.store = store;
    this.generation = saved.generation();
    this.state = new ClusterState(saved.view());
    this.applied = saved.applied();
    this.latest = saved.view();
    this.view = saved.view();
  }

  /** The map as of the last committed round. Any thread may ask. */
  public ClusterView view() {
    return view;
  }

  /**
   * Runs {@code listener} on the apply thread after each change of {@link #view}; keep it short.
   */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public long appliedIndex() {
    return applied;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries, PlacementRound round)
      throws StorageException, UnknownCommandException {
    List<byte[]> results = new ArrayList<>(entries.size());
    List<StateRecord> changed = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.index() != applied + 1) {
        throw new IllegalStateException("entry " + entry + " does not follow index " + applied);
      }
      results.add(
          entry.kind() == Entry.Kind.COMMAND
              ? state.apply(CommandReader.read(entry.payload()), changed::add).toByteArray()
              : NO_RESULT);
      applied = entry.index();
    }
    if (state.revision() != latest.revision()) {
      latest = state.view();
    }
    for (StateRecord record : changed) {
      round.put(record, generation.number());
    }
    round.put(StateRecord.Header.of(latest, applied).write(), generation.number());
    ClusterView staged = latest;
    round.onCommit(() -> publish(staged));
    return results;
  }

  @Override
  public long durableIndex() throws StorageException {
    Generation of = generation;
    byte[] header = store.db().getDurable(StateRecord.Header.key(of.number()));
    if (of != generation) {
      return durableIndex(); // replaced meanwhile, it may be deleted
    }
    return appliedIn(header);
  }

  @Override
  public StateImage image() throws StorageException {
    return store
        .generations()
        .image(generation, view -> appliedIn(view.get(StateRecord.Header.key(view.generation()))));
  }

  private static long appliedIn(byte @Nullable [] header) {
    return header == null ? 0 : StateRecord.Header.read(ByteBuffer.wrap(header)).applied();
  }

  @Override
  public long load(Path directory, List<SnapshotFile> files)
      throws StorageException, ImageException {
    Generation fresh = store.generations().allot();
    SavedState.Image image = new SavedState.Image(fresh, view.cluster());
    store.generations().load(fresh, directory, files, image);
    loaded.put(fresh.number(), image.state());
    return fresh.number();
  }

  @Override
  public void adopt(long number) {
    SavedState next = takeLoaded(number);
    Generation before = generation;
    generation = next.generation();
    state = new ClusterState(next.view());
    applied = next.applied();
    latest = next.view();
    before.retire();
    publish(latest);
  }

  @Override
  public void discard(long number) {
    takeLoaded(number).generation().retire();
  }

  private SavedState takeLoaded(long number) {
    SavedState taken = loaded.remove(number);
    if (taken == null) {
      throw new IllegalStateException("placement has not loaded generation " + number);
    }
    return taken;
  }

  private void publish(ClusterView committed) {
    boolean news = committed.revision() != view.revision();
    view = committed;
    if (news) {
      listeners.forEach(Runnable::run);
    }
  }
}
