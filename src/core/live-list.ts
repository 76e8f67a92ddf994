/** Where a member of a `LiveList` stands in it; -1 while it is in none. Only the list changes it. */
export interface Listed {
  place: number;
}

/**
 * What is under way at the moment, in no order: members come and go with every call. A member is in one such list at most.
 *
 * Not a Set or Map: V8 replaces their table whenever enough of it was deleted and links the old table to the new one. Once an
 * old table is in the old generation, every later one, with the calls that stood in it, outlives the collections of the
 * young generation, which then copy nearly every call that was made (docs/performance.md).
 */
export class LiveList<Member extends Listed> {
  private readonly members: Member[] = [];

  get size(): number {
    return this.members.length;
  }

  /** Adds one that is in no list. */
  add(member: Member): void {
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Takes one out; one that is in no list stays so. */
  delete(member: Member): void {
    const { place } = member;
    if (place === -1) return;
    const last = this.members.pop() as Member;
    if (last !== member) {
      this.members[place] = last;
      last.place = place;
    }
    member.place = -1;
  }

  /** The members of this moment; those that leave meanwhile are still among them. */
  all(): Member[] {
    return [...this.members];
  }
}
