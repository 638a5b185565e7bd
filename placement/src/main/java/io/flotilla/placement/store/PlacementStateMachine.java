package io.flotilla.placement.store;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Placement's replicated state. Commands are {@code PlacementCommand} messages and results {@code
 * PlacementResult} messages. Entries change a working copy; when their round is committed, what it
 * has become is published as {@link #view}.
 */
public final class PlacementStateMachine implements StateMachine<PlacementRound> {
  private static final byte[] NO_RESULT = new byte[0];

  private final ClusterState state;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private long applied;
  private ClusterView latest;
  private volatile ClusterView view;

  /**
   * Continues from what {@code store} holds. Blocks on the disk.
   *
   * @throws StorageException if it cannot be read
   */
  public PlacementStateMachine(PlacementStore store) throws StorageException {
    PlacementStore.Recovered recovered = store.recover();
    this.state = new ClusterState(recovered.view());
    this.applied = recovered.applied();
    this.latest = recovered.view();
    this.view = recovered.view();
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
      round.put(record);
    }
    round.put(StateRecord.Header.of(latest, applied).write());
    ClusterView staged = latest;
    round.onCommit(() -> publish(staged));
    return results;
  }

  private void publish(ClusterView committed) {
    boolean news = committed.revision() != view.revision();
    view = committed;
    if (news) {
      listeners.forEach(Runnable::run);
    }
  }
}
