/**
 * Tables in documents that say which test shows a thing, and the check that they are true: what
 * they name is there. Other rooms' tests use it for tables of their own. Start at {@code
 * ShownByTable}.
 */
@NullMarked
package io.flotilla.raft.tables;

import org.jspecify.annotations.NullMarked;
