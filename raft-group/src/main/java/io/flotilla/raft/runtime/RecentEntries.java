package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of one group's log in memory, and a few windows of older entries that were fetched for
 * followers that lag. An entry that is not durable is never dropped, since no disk can give it back
 * yet. Owned by a loop.
 */
final class RecentEntries {
  private static final int WINDOWS_MAX = 4;
  private static final Entry[] NOTHING = {};

  /** Older entries without a gap. */
  static final class Window {
    private final List<Entry> entries;
    private final long bytes;

    /** Once it may be evicted. Owned by the budget. */
    EntryBudget.@Nullable Chunk chunk;

    Window(List<Entry> entries, long bytes) {
      this.entries = entries;
      this.bytes = bytes;
    }

    List<Entry> entries() {
      return entries;
    }

    long bytes() {
      return bytes;
    }

    long first() {
      return entries.get(0).index();
    }

    long last() {
      return entries.get(entries.size() - 1).index();
    }
  }

  private final EntryBudget budget;
  final List<Window> windows = new ArrayList<>(0);
  private EntryBudget.@Nullable Chunk open;
  private @Nullable Window newest;

  /** Entries {@code first} to {@code last}; the slot of an index is its low bits. */
  private Entry[] ring = NOTHING;

  private long first;
  private long last;
  private long durable;

  /** The hand-over that last replaced entries: what earlier ones made durable is not these. */
  private long replacedByTicket;

  private long replacements;

  RecentEntries(EntryBudget budget, long lastIndex) {
    this.budget = budget;
    this.last = lastIndex;
    this.durable = lastIndex;
    this.first = lastIndex + 1;
  }

  /** Takes in what the core appended and hand-over {@code ticket} will keep. */
  void append(List<Entry> entries, long ticket) {
    long from = entries.get(0).index();
    if (from <= last) {
      replaceFrom(from, ticket);
    }
    if (from != last + 1) {
      throw new IllegalStateException("index " + from + " appended after " + last);
    }
    makeRoom(entries.size());
    long bytes = 0;
    for (Entry entry : entries) {
      ring[slot(entry.index())] = entry;
      bytes += entry.weight();
    }
    last = from + entries.size() - 1;
    open = budget.added(this, open, last, bytes);
  }

  /** The log begins anew behind {@code index}, which hand-over {@code ticket} will keep. */
  void restart(long index, long ticket) {
    clear();
    replacements++;
    replacedByTicket = ticket;
    last = index;
    durable = index;
    first = index + 1;
  }

  private void replaceFrom(long from, long ticket) {
    replacements++;
    replacedByTicket = ticket;
    durable = Math.min(durable, from - 1);
    long bytes = 0;
    for (long index = Math.max(from, first); index <= last; index++) {
      bytes += drop(index);
    }
    last = from - 1;
    first = Math.min(first, from);
    budget.returned(bytes);
    for (Window window : List.copyOf(windows)) {
      if (window.last() >= from) {
        evict(window);
      }
    }
  }

  /** Hand-over {@code ticket}, which ended with {@code index}, is on disk. */
  void durable(long ticket, long index) {
    if (ticket >= replacedByTicket) {
      durable = Math.max(durable, index);
    }
  }

  long last() {
    return last;
  }

  /** Counts how often entries were replaced: what was read before may be void after. */
  long replacements() {
    return replacements;
  }

  /** The greatest index that is sure to be found on disk rather than here. */
  long lastOnDisk() {
    return first - 1;
  }

  /** Stays at least until {@link #offered}: else a full budget would have it fetched for ever. */
  void addWindow(List<Entry> entries) {
    offered();
    if (windows.size() == WINDOWS_MAX) {
      evict(windows.get(0));
    }
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.weight();
    }
    newest = new Window(entries, bytes);
    windows.add(newest);
    budget.use(bytes);
  }

  /** The core has had its chance to take entries from the newest window. */
  void offered() {
    if (newest != null) {
      budget.mayEvict(this, newest);
      newest = null;
    }
  }

  /**
   * From {@code from} on as far as they lie here, within the bounds; null if the first does not.
   */
  @Nullable List<Entry> get(long from, long to, long bytesMax) {
    if (from >= first && from <= last) {
      return getRecent(from, Math.min(to, last), bytesMax);
    }
    for (Window window : windows) {
      if (from >= window.first() && from <= window.last()) {
        int at = (int) (from - window.first());
        List<Entry> rest = window.entries().subList(at, window.entries().size());
        return withinBounds(rest, to, bytesMax);
      }
    }
    return null;
  }

  /** All of them if they all lie here, else none. */
  List<Entry> getAll(long from, long to) {
    return from >= first && to <= last ? getRecent(from, to, Long.MAX_VALUE) : List.of();
  }

  private List<Entry> getRecent(long from, long to, long bytesMax) {
    int count = 0;
    long bytes = 0;
    for (long index = from; index <= to; index++) {
      bytes += ring[slot(index)].weight();
      if (count > 0 && bytes > bytesMax) {
        break;
      }
      count++;
    }
    Entry[] found = new Entry[count];
    for (int i = 0; i < count; i++) {
      found[i] = ring[slot(from + i)];
    }
    return Arrays.asList(found);
  }

  private static List<Entry> withinBounds(List<Entry> entries, long to, long bytesMax) {
    int count = 0;
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.weight();
      if (entry.index() > to || (count > 0 && bytes > bytesMax)) {
        break;
      }
      count++;
    }
    return entries.subList(0, count);
  }

  /** Drops what it may of the entries up to {@code index}; false if some had to stay. */
  boolean evictUpTo(long index) {
    long bytes = 0;
    while (first <= last && first <= index && first <= durable) {
      bytes += drop(first++);
    }
    budget.returned(bytes);
    if (first > last) {
      ring = NOTHING;
    }
    return first > index || first > last;
  }

  void evict(Window window) {
    if (windows.remove(window)) {
      budget.dropped(window);
    }
  }

  /** The group is gone from this node. */
  void clear() {
    durable = last;
    evictUpTo(last);
    List.copyOf(windows).forEach(this::evict);
  }

  private void makeRoom(int count) {
    int needed = (int) (last + 1 - first) + count;
    if (needed > ring.length) {
      Entry[] from = ring;
      ring = new Entry[Math.max(8, Integer.highestOneBit(needed - 1) << 1)];
      for (long index = first; index <= last; index++) {
        ring[slot(index)] = from[(int) index & (from.length - 1)];
      }
    }
  }

  @SuppressWarnings("NullAway") // a slot outside of first..last is never read
  private long drop(long index) {
    int slot = slot(index);
    long bytes = ring[slot].weight();
    ring[slot] = null;
    return bytes;
  }

  private int slot(long index) {
    return (int) index & (ring.length - 1);
  }
}
