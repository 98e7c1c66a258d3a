# The chapters of docs/tutorial that come along inside the program and are run as tests. A new one
# is added here and in cli/scenario/chapters.cpp; so is a file that an appendix works with.
set(MSDEMO_CHAPTERS
  01-first-call
  02-waiting
  03-failing
  04-messages
  05-once
  06-one-to-many
  07-measuring
  08-changing
  09-past-one-machine
  10-choosing
  appendix-fastapi)
set(MSDEMO_CHAPTER_FILES
  fastapi/order.py
  fastapi/order_service.py
  fastapi/user.py
  fastapi/user_service.py)
