package io.flotilla.raft.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A core with a disk that can be held up, for scripts. Everything else happens at once. */
final class ScriptReplica implements LogReader, Chance {
  private final long id;
  private final CoreConfig config;
  private final Consumer<String> out;
  private final Consumer<ScriptMessage> network;
  private final Deque<Effects> unsynced = new ArrayDeque<>();
  private final Map<Position, ScriptSnapshot> fetched = new HashMap<>();

  private HardState keptState = HardState.INITIAL;
  private List<Entry> keptLog = new ArrayList<>();
  private Position cut = Position.ZERO;
  private Membership membershipAtCut;
  private List<String> commands = new ArrayList<>();
  private long applied;

  private List<Entry> log = new ArrayList<>();
  private @Nullable RaftCore core;
  private boolean held;
  private boolean unloaded;
  private int timeoutTicks;

  ScriptReplica(
      long id,
      CoreConfig config,
      Membership membership,
      Consumer<String> out,
      Consumer<ScriptMessage> network) {
    this.id = id;
    this.config = config;
    this.membershipAtCut = membership;
    this.out = out;
    this.network = network;
    start();
  }

  /** Replaces the disk by one with this log, and starts from it. */
  void startWith(long term, List<Entry> entries) {
    keptState = new HardState(term, Optional.empty());
    keptLog = new ArrayList<>(entries);
    start();
  }

  void start() {
    log = new ArrayList<>(keptLog);
    unsynced.clear();
    List<Position> runs = new ArrayList<>();
    long term = cut.term();
    for (Entry entry : log) {
      if (entry.index() == cut.index() + 1 || entry.term() != term) {
        runs.add(new Position(entry.index(), entry.term()));
      }
      term = entry.term();
    }
    Recovered recovered =
        new Recovered(
            keptState,
            cut,
            membershipAtCut,
            runs,
            cut.index() + log.size(),
            log.stream().filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP).toList(),
            applied);
    core = new RaftCore(config, new ReplicaId(id), recovered, this, this);
  }

  void crash() {
    core = null;
    unsynced.clear();
  }

  boolean isUp() {
    return core != null;
  }

  void hold(boolean holds) {
    held = holds;
    if (!held) {
      sync(Integer.MAX_VALUE);
    }
  }

  void unload(boolean unloads) {
    unloaded = unloads;
    if (!unloads) {
      step(new Input.Loaded());
    }
  }

  void timeoutTicks(int ticks) {
    timeoutTicks = ticks;
  }

  void step(Input... inputs) {
    if (core == null) {
      return;
    }
    for (Input input : inputs) {
      core.step(input);
    }
    if (core.flush()) {
      take(core.drain());
      if (!held) {
        sync(Integer.MAX_VALUE);
      }
    }
  }

  /** As if the leader of its term had asked it to take over. */
  void timeoutNow() {
    if (core != null) {
      long term = core.status().term();
      step(new Input.Received(new ReplicaId(term), new RaftMessage.TimeoutNow(term)));
    }
  }

  /** As its host has it ask. */
  void askIfRemoved(long other) {
    if (other != id) {
      long term = running().status().term();
      network.accept(new ScriptMessage(id, other, new RaftMessage.RemovedRequest(term)));
    }
  }

  void cutTo(long index) {
    cut = running().positionAt(index);
    membershipAtCut = running().membershipAt(index);
    keptLog.removeIf(entry -> entry.index() <= index);
    log.removeIf(entry -> entry.index() <= index);
    step(new Input.Truncated(cut));
  }

  /** What the other one has applied comes to lie beside our state. */
  void fetch(ScriptReplica from) {
    RaftCore source = from.running();
    ScriptSnapshot snapshot =
        new ScriptSnapshot(
            source.status().term(),
            source.positionAt(from.applied),
            source.membershipAt(from.applied),
            List.copyOf(from.commands));
    fetched.put(snapshot.last(), snapshot);
    out.accept(id + " has fetched " + snapshot + " from " + from.id);
  }

  /** The newest snapshot that was fetched may become the state. */
  void restore() {
    ScriptSnapshot snapshot =
        fetched.values().stream()
            .max(Comparator.comparingLong(one -> one.last().index()))
            .orElseThrow();
    step(new Input.Restore(snapshot.term(), snapshot.last(), snapshot.membership()));
    if (fetched.containsKey(snapshot.last()) && unsynced.stream().noneMatch(snapshot::isIn)) {
      fetched.remove(snapshot.last());
      out.accept(id + " throws away " + snapshot);
    }
  }

  private RaftCore running() {
    if (core == null) {
      throw new IllegalStateException(id + " is down");
    }
    return core;
  }

  private void take(Effects effects) {
    String me = Long.toString(id);
    effects.events().forEach(event -> out.accept(me + " " + ScriptWords.of(event)));
    effects.hardState().ifPresent(state -> out.accept(me + " keeps " + ScriptWords.of(state)));
    effects
        .restore()
        .ifPresent(
            restore -> {
              out.accept(me + " restores " + ScriptWords.of(restore));
              log.clear();
            });
    effects.snapshotWanted().ifPresent(it -> out.accept(me + " wants " + ScriptWords.of(it)));
    if (!effects.append().isEmpty()) {
      out.accept(me + " appends " + ScriptWords.of(effects.append()));
      replaceFrom(log, effects.append());
    }
    send(effects.beforeSync());
    unsynced.add(effects);
    releaseUnkept();
    if (effects.removed()) {
      out.accept(me + " is to be destroyed");
    }
    effects.answers().forEach(answer -> out.accept(me + " " + ScriptWords.of(answer)));
    effects.apply().ifPresent(this::apply);
  }

  private void apply(Effects.Range range) {
    List<Entry> entries =
        log.stream()
            .filter(entry -> entry.index() >= range.first() && entry.index() <= range.last())
            .toList();
    if (range.first() != applied + 1 || entries.size() != range.last() - range.first() + 1) {
      throw new AssertionError(id + " is to apply " + range + " after " + applied);
    }
    out.accept(id + " applies " + ScriptWords.of(entries));
    applied = range.last();
    for (Entry entry : entries) {
      if (entry.kind() == Entry.Kind.COMMAND) {
        commands.add(new String(entry.payload(), StandardCharsets.UTF_8));
      }
    }
    step(new Input.Applied(applied));
  }

  /** Makes the oldest batches durable. */
  void sync(int batches) {
    for (int i = 0; i < batches && !unsynced.isEmpty() && core != null; i++) {
      Effects effects = unsynced.remove();
      effects.hardState().ifPresent(state -> keptState = state);
      effects.restore().ifPresent(this::becomes);
      if (!effects.append().isEmpty()) {
        replaceFrom(keptLog, effects.append());
      }
      send(effects.afterSync());
      releaseUnkept();
      core.step(new Input.Synced(effects.batch()));
      if (core.flush()) {
        take(core.drain());
      }
    }
  }

  private void becomes(Effects.Restore restore) {
    ScriptSnapshot snapshot = fetched.remove(restore.last());
    if (snapshot == null) {
      throw new AssertionError(id + " is to restore " + restore + ", which it has not fetched");
    }
    keptLog.clear();
    cut = restore.last();
    membershipAtCut = restore.membership();
    applied = restore.last().index();
    commands = new ArrayList<>(snapshot.commands());
    out.accept(id + " has " + snapshot + " as its state");
  }

  /** Drains with nothing for the disk wait only for those before them. */
  private void releaseUnkept() {
    while (!unsynced.isEmpty() && !unsynced.peek().mustSync()) {
      send(unsynced.remove().afterSync());
    }
  }

  private static void replaceFrom(List<Entry> log, List<Entry> entries) {
    long first = entries.get(0).index();
    log.removeIf(entry -> entry.index() >= first);
    log.addAll(entries);
  }

  private void send(List<Envelope> envelopes) {
    for (Envelope envelope : envelopes) {
      network.accept(new ScriptMessage(id, envelope.to().value(), envelope.message()));
    }
  }

  private Entry entry(long index) {
    return log.stream().filter(entry -> entry.index() == index).findFirst().orElseThrow();
  }

  @Override
  public Optional<List<Entry>> entries(long first, long last, long maxBytes) {
    if (unloaded) {
      return Optional.empty();
    }
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (long index = first; index <= last; index++) {
      bytes += entry(index).weight();
      if (!entries.isEmpty() && bytes > maxBytes) {
        break;
      }
      entries.add(entry(index));
    }
    return Optional.of(entries);
  }

  @Override
  public int draw(int min, int max) {
    return Math.max(min, timeoutTicks);
  }

  String show() {
    return id
        + " holds "
        + log.stream()
            .map(entry -> entry + text(entry))
            .collect(Collectors.joining(" ", "", log.isEmpty() ? "nothing" : ""))
        + (core == null ? "" : ", durable to " + core.status().durableIndex());
  }

  String state() {
    return id
        + " is at "
        + applied
        + ":"
        + commands.stream().map(command -> " \"" + command + "\"").collect(Collectors.joining());
  }

  static String text(Entry entry) {
    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
      return " " + ScriptWords.of(MembershipBytes.decode(entry.payload()));
    }
    return entry.kind() == Entry.Kind.COMMAND && entry.payload().length > 0
        ? " \"" + new String(entry.payload(), StandardCharsets.UTF_8) + "\""
        : "";
  }

  @Override
  public String toString() {
    if (core == null) {
      return id + " down";
    }
    GroupStatus status = core.status();
    String role = status.role().toString().toLowerCase(Locale.ROOT).replace('_', '-');
    Position last = core.positionAt(status.lastIndex());
    return id
        + " "
        + role
        + " term="
        + status.term()
        + " log="
        + last
        + " commit="
        + status.commitIndex();
  }
}
