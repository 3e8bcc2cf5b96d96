/** So long the machine, and the way to the page, are left to who rings: by then it is painted, and what else the ring is a reason for may follow. */
export const whilePaintingMs = 80
