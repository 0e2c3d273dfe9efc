# Does it add up, how far does it depend on choices, and how near is it to the truth (where the truth is known)?
